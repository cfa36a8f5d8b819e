import Foundation
import TestSupport
import Testing

/// Generated code, named by the perf map that its runtime writes.
@Suite struct GeneratedCodeTests {
    /// The test program, and the map that it leaves behind.
    private final class ReusedCode {
        let child: Child
        var map: String { "/tmp/perf-\(child.pid).map" }

        init(_ arguments: String...) throws {
            child = try Child([Locations.testPrograms.appending(path: "reused_code").path] + arguments)
            try child.line { $0 == "ready" }
        }

        deinit { try? FileManager.default.removeItem(atPath: map) }
    }

    @Test(arguments: RecordingWay.allCases)
    func `Code that takes the place of other code leaves its name to the stacks of before`(
        way: RecordingWay
    ) throws {
        let program = try ReusedCode()
        let recording = try record(way, "-p", "\(program.child.pid)", "-d", "4", "-r", "200")
        #expect(recording.samples { $0.passes(["first", "code_of_second_[j]"]) } == 0)
        #expect(recording.samples { $0.passes(["second", "code_of_first_[j]"]) } == 0)
        let named = recording.samples { $0.frames.last?.hasPrefix("code_of_") == true }
        let generated = recording.samples { $0.passes(["first"]) || $0.passes(["second"]) }
        #expect(named * 2 > generated && generated > 0)
    }

    @Test func `A dump names generated code`() throws {
        let program = try ReusedCode()
        let isShown = eventually {
            (try? sonde("dump", "-p", "\(program.child.pid)").output)?.contains("code_of_first") == true
        }
        #expect(isShown)
    }

    @Test func `Damaged lines of a perf map are reported with the place of the first`() throws {
        let program = try ReusedCode("12")
        let recording = try record("-p", "\(program.child.pid)", "-d", "1")
        #expect(recording.summary.contains("12 lines of perf maps damaged, the first at byte 0"))
        #expect(recording.samples { $0.frames.last?.hasPrefix("code_of_") == true } > 0)
    }

    @Test(.enabled(if: Privileges.isRoot))
    func `A perf map of another user than the target's is not read`() throws {
        let program = try ReusedCode()
        try #require(try run(["/usr/bin/chown", "nobody", program.map]).status == .exited(0))
        let recording = try record("-p", "\(program.child.pid)", "-d", "0.5")
        #expect(recording.samples { $0.frames.last == "[anonymous]" } * 2 > recording.samples)
        #expect(recording.samples { $0.frames.last?.hasPrefix("code_of_") == true } == 0)
    }

    @Test func `A link in place of a perf map leads to no file of another name`() throws {
        let program = try ReusedCode()
        let moved = "\(program.map).moved"
        defer { try? FileManager.default.removeItem(atPath: moved) }
        try FileManager.default.moveItem(atPath: program.map, toPath: moved)
        try FileManager.default.createSymbolicLink(atPath: program.map, withDestinationPath: moved)
        let recording = try record("-p", "\(program.child.pid)", "-d", "0.5")
        #expect(recording.samples { $0.frames.last?.hasPrefix("code_of_") == true } == 0)
    }

    /// In a container, the map has the number by which the process knows itself, in a `/tmp` that only it sees.
    @Test(.enabled(if: Privileges.isRoot)) func `The perf map is the one that the target sees`() throws {
        let program = Locations.testPrograms.appending(path: "reused_code").path
        let unshare = try Child([
            "/usr/bin/unshare", "-pfm", "--mount-proc", "--kill-child", "/bin/sh", "-c",
            "mount -t tmpfs none /tmp && exec '\(program)'",
        ])
        try unshare.line { $0 == "ready" }
        let children = try String(
            contentsOfFile: "/proc/\(unshare.pid)/task/\(unshare.pid)/children", encoding: .utf8)
        let recording = try record("-p", try #require(children.split(separator: " ").first.map(String.init)), "-d", "2")
        #expect(recording.samples { $0.passes(["first", "code_of_first_[j]"]) } > 0)
        #expect(recording.samples { $0.passes(["second", "code_of_second_[j]"]) } > 0)
    }

    private static let script = (
        javaScript: """
        function busyPrice(n) { let sum = 0; for (let i = 0; i < n; i++) sum += Math.sqrt(i); return sum; }
        console.log("ready");
        for (;;) busyPrice(1e6);

        """,
        python: """
        def busy_price(n):
            total = 0
            for i in range(n): total += i * i
            return total
        print("ready", flush=True)
        while True: busy_price(100000)

        """
    )

    /// Runs a command in a directory until the recording of it is done; the map that is left behind is removed.
    private func recordScript(
        _ command: [String], in workshop: Workshop, options: [String] = []
    ) throws -> FoldedRecording {
        let child = try Child(command, directory: URL(filePath: workshop.directory))
        defer { try? FileManager.default.removeItem(atPath: "/tmp/perf-\(child.pid).map") }
        try child.line { $0 == "ready" }
        return try record(["-p", "\(child.pid)", "-d", "2", "-r", "200"] + options)
    }

    private static let node = "/usr/bin/node"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: node), "there is no node"))
    func `JavaScript functions of node are named, from the root on`() throws {
        let workshop = try Workshop()
        try workshop.write(Self.script.javaScript, to: "shop.js")
        let script = "\(workshop.directory)/shop.js"
        let recording = try recordScript([Self.node, "--perf-basic-prof", script], in: workshop)
        let named = recording.samples { $0.passes(["_start", "busyPrice (\(script):1:19)_[j]"]) }
        #expect(named * 4 > recording.samples * 3)
    }

    /// A CPython with `-X perf`: the system's, or one of pyenv(1).
    private static let python: String? = {
        let versions = "\(NSHomeDirectory())/.pyenv/versions"
        let others = (try? FileManager.default.contentsOfDirectory(atPath: versions)) ?? []
        let paths = ["/usr/bin/python3"] + others.sorted().map { "\(versions)/\($0)/bin/python3" }
        return paths.first { path in
            (try? run([path, "-X", "perf", "-c", "import sys; sys.activate_stack_trampoline"]))?.status == .exited(0)
        }
    }()

    @Test(.enabled(if: python != nil, "there is no CPython 3.12 or later"))
    func `Where Python itself is not read, its functions are named by the map, from the root on`() throws {
        let workshop = try Workshop()
        try workshop.write(Self.script.python, to: "shop.py")
        let script = "\(workshop.directory)/shop.py"
        let recording = try recordScript(
            [try #require(Self.python), "-X", "perf", script], in: workshop, options: ["--native-only"])
        let named = recording.samples {
            $0.passes(["_start", "<module> (\(script))_[j]", "busy_price (\(script))_[j]"])
        }
        #expect(named * 4 > recording.samples * 3)
    }
}
