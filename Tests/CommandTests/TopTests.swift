import Foundation
import TestSupport
import Testing

/// `sonde top` in a terminal.
@Suite(.enabled(if: TerminalWindow.isOffered, "tmux is not installed")) struct TopTests {
    private let directory: TemporaryDirectory
    private let window: TerminalWindow
    private let program: TestProgram

    init() throws {
        directory = try TemporaryDirectory()
        window = try TerminalWindow()
        program = try TestProgram("threads", "8", "2")
    }

    /// Begins, and waits for what the threads that spin are in.
    private func start(_ arguments: String = "", in terminal: TerminalWindow? = nil) throws {
        let terminal = terminal ?? window
        try terminal.enter(
            "clear; echo begun; \(Locations.sonde.path) top -p \(program.pid) --interval 0.2s \(arguments)")
        try terminal.wait { $0.contains("FUNCTION") && $0.contains("spin") }
    }

    /// Waits until the shell is back, with the terminal as it was.
    private func expectShell(after line: String = "begun") throws {
        try window.wait {
            $0.contains(line) && $0.split(separator: "\n").last?.hasPrefix(TerminalWindow.prompt) == true
        }
        #expect(try window.property("alternate_on") == "0")
        #expect(try window.property("cursor_flag") == "1")
    }

    @Test func `Functions, threads and a flame graph are shown, and q leaves the terminal as it was`() throws {
        let modes = "\(directory.path)/modes"
        try window.enter("stty -g > \(modes)")
        try start()
        let functions = try window.wait { $0.contains("samples in") }
        #expect(functions.hasPrefix("threads (PID \(program.pid))"))
        #expect(functions.contains("memory") && functions.contains("q quit"))
        #expect(try window.property("alternate_on") == "1")
        try window.press("t")
        try window.wait { $0.contains("HOTTEST FUNCTION") && $0.contains("\(program.pid)/") }
        try window.press("f")
        try window.wait { $0.contains("|spin") && $0.contains(">all") }
        try window.press("Down", "Down", "Enter")
        try window.wait { $0.contains("zoomed,") }
        try window.press("?")
        try window.wait { $0.contains("sonde top: keys") }
        try window.press("?")
        try window.press("q")
        try expectShell()
        try window.enter("stty -g | cmp - \(modes) && echo same$?")
        try window.wait { $0.contains("same0") }
    }

    @Test func `A filter, a small and a large terminal`() throws {
        try start()
        try window.press("/")
        try window.type("pin")
        try window.wait { $0.contains("Filter: pin") && $0.contains("%  spin") && !$0.contains("%  start") }
        try window.press("Enter", "Escape")
        try window.wait { $0.contains("%  spin") }
        try window.resize(columns: 40, rows: 20)
        let small = try window.wait { $0.contains("%  spin") && !$0.contains("all ") && $0.contains("q quit") }
        #expect(small.split(separator: "\n").allSatisfy { $0.count <= 40 })
        try window.resize(columns: 15, rows: 3)
        try window.wait { $0.contains("FUNCTION") && !$0.contains("samples") }
        try window.resize(columns: 120, rows: 40)
        try window.wait { $0.contains("%  spin") && $0.contains("r reset") }
        try window.press("q")
        try expectShell()
    }

    @Test func `Ctrl-Z stops sonde but not the program, and fg goes on`() throws {
        try start()
        try window.press("C-z")
        try window.wait { $0.contains("Stopped") }
        try expectShell()
        let status = try String(contentsOf: URL(filePath: "/proc/\(program.pid)/status"), encoding: .utf8)
        #expect(status.contains("TracerPid:\t0"))
        #expect(try states().allSatisfy { $0 == "R" || $0 == "S" })
        try window.enter("fg")
        try window.wait { $0.contains("%  spin") && $0.contains("q quit") }
        try window.press("C-c")
        try expectShell(after: "fg")
    }

    @Test func `What was sampled before a stop is shown after it, also when the program has ended meanwhile`() throws {
        // No interval is over in this time.
        try window.enter("clear; echo begun; \(Locations.sonde.path) top -p \(program.pid) -i 1h")
        try window.wait { $0.contains("sampling …") }
        let isShown = try eventually {
            try window.press("C-z")
            try window.wait { $0.contains("Stopped") }
            try window.enter("clear; fg")
            return try window.wait { $0.contains("q quit") }.contains("%  spin")
        }
        #expect(isShown)
        try window.press("C-z")
        try window.wait { $0.contains("Stopped") }
        program.kill()
        try window.enter("clear; fg")
        try window.wait { $0.contains("ENDED") && $0.contains("%  spin") }
        try window.press("q")
        try expectShell(after: "-i 1h")
    }

    /// The states of the program's threads.
    private func states() throws -> [Character] {
        let directory = "/proc/\(program.pid)/task"
        return try FileManager.default.contentsOfDirectory(atPath: directory).compactMap { thread in
            let stat = try String(contentsOf: URL(filePath: "\(directory)/\(thread)/stat"), encoding: .utf8)
            return stat.split(separator: ") ").last?.first
        }
    }

    @Test(arguments: ["TERM", "HUP", "INT", "QUIT", "USR1", "SEGV"])
    func `A signal that ends it leaves the terminal as it was`(signal: String) throws {
        try window.enter(
            "clear; (ulimit -c 0; echo pid=$BASHPID; exec \(Locations.sonde.path) top -p \(program.pid) --interval 0.2s)"
        )
        try window.wait { $0.contains("%  spin") }
        let pid = try process()
        try runSuccessfully(["/bin/kill", "-\(signal)", "\(pid)"])
        try expectShell(after: "pid=\(pid)")
        try window.enter("stty -a | grep -o '[ -]echo '")
        try window.wait { $0.contains("\n echo") }
    }

    /// The number of `sonde top`.
    private func process() throws -> Int32 {
        let found = try run(["/usr/bin/pgrep", "-f", "^\(Locations.sonde.path) top -p \(program.pid) "]).output
        // The first one is sonde, the others are the worker and what forks it.
        return try #require(found.split(separator: "\n").compactMap { Int32($0) }.min())
    }

    /// Both are there at once, so that the thread that draws does nothing about the first one.
    @Test(arguments: [("TERM", "INT"), ("TERM", "HUP"), ("INT", "HUP"), ("QUIT", "TERM")])
    func `A second signal that ends it at once leaves the terminal as it was`(first: String, second: String) throws {
        try window.enter(
            "clear; (ulimit -c 0; \(Locations.sonde.path) top -p \(program.pid) --interval 0.2s; echo left; stty -a)")
        try window.wait { $0.contains("%  spin") }
        let pid = try process()
        for signal in ["STOP", first, second, "CONT"] { try runSuccessfully(["/bin/kill", "-\(signal)", "\(pid)"]) }
        try expectShell(after: "left")
        #expect(try window.text().contains(" echo "))
    }

    @Test func `When the program ends, what it did stays until q`() throws {
        try start()
        program.kill()
        try window.wait { $0.contains("ENDED") && $0.contains("%  spin") }
        try window.press("f")
        try window.wait { $0.contains("ENDED") && $0.contains("|spin") }
        try window.press("q")
        try expectShell()
    }

    @Test func `Without a terminal it says what to do instead`() throws {
        let result = try sonde("top", "-p", "\(program.pid)")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("needs a terminal") && result.errors.contains("record -p PID -d 10 -f top"))
        for (type, cause) in [("dumb", "is dumb"), ("no-such-type", "(TERM=no-such-type) is unknown")] {
            try window.enter("clear; TERM=\(type) \(Locations.sonde.path) top -p \(program.pid); echo status $?")
            try window.wait { $0.contains(cause) && $0.contains("-f top") && $0.contains("status 1") }
        }
    }

    @Test func `A process that can't be sampled is refused before the terminal is taken`() throws {
        try window.enter("\(Locations.sonde.path) top -p 999999999; echo status $?")
        try window.wait { $0.contains("status 1") && $0.contains("error:") }
    }
    @Test func `NO_COLOR leaves out colours, not what is selected`() throws {
        try window.enter("clear; echo begun; NO_COLOR=1 \(Locations.sonde.path) top -p \(program.pid) --interval 0.2s")
        try window.wait { $0.contains("%  spin") }
        try window.press("f")
        try window.wait { $0.contains("|spin") && $0.contains(">all") }
        #expect(try window.styledText().firstMatch(of: /\u{1B}\[[0-9;]*(3|4|9|10)[0-7][;m]/) == nil)
        try window.press("q")
        try expectShell()
        try start()
        #expect(try window.styledText().contains(/\u{1B}\[[0-9;]*4[0-7][;m]/))
    }
}
