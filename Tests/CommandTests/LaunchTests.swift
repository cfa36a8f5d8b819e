import Foundation
import TestSupport
import Testing

/// `sonde record -- COMMAND`.
@Suite struct LaunchTests {
    private func launch(_ options: [String] = [], _ command: String...) throws -> CommandResult {
        try sonde(["record", "-f", "folded", "-o", "-", "-r", "500"] + options + ["--"] + command)
    }

    private var exits: String { Locations.testPrograms.appending(path: "exits").path }

    @Test func `Samples a command from its first instruction to its end`() throws {
        let result = try launch([], exits, "400")
        #expect(result.status == .exited(0))
        #expect(result.errors.contains("until it ended"))
        // The command writes to standard output too.
        let text = result.output.replacing("ready\n", with: "")
        let recording = try FoldedRecording(parsing: text, summary: result.errors)
        #expect(recording.samples { $0.passes(["exits", "_start", "main", "spin_until_exit"]) } > 0)
    }

    @Test func `Ends with the command's exit status`() throws {
        let failed = try launch([], exits, "200", "7")
        #expect(failed.status == .exited(7) && failed.errors.contains("exits exited with status 7"))
        let ended = try launch([], exits, "200", "0")
        #expect(ended.status == .exited(0) && !ended.errors.contains("exited with status"))
        let killed = try launch([], "sh", "-c", "kill -SEGV $$")
        #expect(killed.status == .exited(128 + SIGSEGV) && killed.errors.contains("that of signal \(SIGSEGV)"))
        #expect(try launch([], "false").status == .exited(1))
    }

    @Test func `Goes on until the command ends when sampling has ended`() throws {
        let command = "trap 'exit 9' USR1; while :; do :; done"
        let recording = try Child(
            [Locations.sonde.path, "record", "-f", "folded", "-o", "/dev/null", "-d", "0.2", "--", "sh", "-c", command])
        let goesOn = eventually {
            String(decoding: recording.standardError, as: UTF8.self).contains("Sonde ends with it")
        }
        #expect(goesOn)
        recording.send(signal: SIGUSR1)
        #expect(try recording.exitStatus() == .exited(9))
    }

    /// A shell that says which signals it gets, and ends by one of them.
    private static let reporting = """
        trap 'echo usr1' USR1; trap 'echo quit' QUIT; trap 'echo winch' WINCH; trap 'echo term; exit 3' TERM
        echo ready; while :; do :; done
        """

    @Test func `Passes signals on, each once`() throws {
        let recording = try Child(
            [Locations.sonde.path, "record", "-f", "folded", "-o", "/dev/null", "--", "sh", "-c", Self.reporting])
        try recording.line { $0 == "ready" }
        for (signal, name) in [(SIGUSR1, "usr1"), (SIGQUIT, "quit"), (SIGWINCH, "winch"), (SIGTERM, "term")] {
            recording.send(signal: signal)
            try recording.line { $0 == name }
        }
        #expect(try recording.exitStatus() == .exited(3))
        recording.waitForOutput()
        let lines = String(decoding: recording.standardOutput, as: UTF8.self).split(separator: "\n")
        #expect(lines == ["ready", "usr1", "quit", "winch", "term"])
    }

    /// Says which signals it gets; SIGTERM ends it.
    private static let listening = """
        #include "program.h"
        #include <errno.h>
        #include <signal.h>
        int main(void) {
            die_with_parent();
            sigset_t all;
            sigfillset(&all);
            sigprocmask(SIG_BLOCK, &all, NULL);
            say_ready();
            int number = 0;
            while (number != SIGTERM) {
                number = sigwaitinfo(&all, NULL);
                printf("%d\\n", number);
                fflush(stdout);
            }
        }
        """

    @Test func `Signals that would end Sonde and mean nothing to it are passed on`() throws {
        let workshop = try Workshop()
        try workshop.write(Self.listening, to: "listening.c")
        let headers = Locations.checkout.appending(path: "Tests/Programs").path
        try workshop.run(["gcc", "-I", headers, "-o", "listening", "listening.c"])
        let recording = try Child(
            [Locations.sonde.path, "record", "-f", "folded", "-o", "/dev/null", "--mode", "wall", "--"]
                + ["\(workshop.directory)/listening"])
        try recording.line { $0 == "ready" }
        let realTime = [__libc_current_sigrtmin(), __libc_current_sigrtmin() + 7, __libc_current_sigrtmax()]
        for signal in realTime + [SIGPIPE, SIGPROF, SIGVTALRM, SIGIO, SIGALRM, SIGPWR, SIGTERM] {
            recording.send(signal: signal)
            try recording.line { $0 == "\(signal)" }
        }
        // 130 where SIGTERM came before the first sample.
        #expect([.exited(0), .exited(130)].contains(try recording.exitStatus()))
    }

    @Test func `Passes the arguments on as they are`() throws {
        let script = "printf '<%s>' \"$@\"; i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done"
        let result = try launch([], "sh", "-c", script, "name", "-d", "two words", "--", "*", "")
        #expect(result.output.hasPrefix("<-d><two words><--><*><>"))
    }

    /// Runs a command under Sonde as sudo would start that, and returns what the command printed.
    private func underSudo(_ options: [String], _ script: String) throws -> [Substring] {
        let sudo = ["SUDO_UID": "65534", "SUDO_GID": "65534", "SUDO_USER": "nobody", "HOME": "/root", "USER": "root"]
        // The result goes to a file that a user who isn't root may not write to.
        let directory = try TemporaryDirectory()
        let result = try sonde(
            ["record", "-f", "folded", "-o", "\(directory.path)/x"] + options + ["--", "sh", "-c", script],
            environment: sudo)
        return result.output.split(separator: "\n")
    }

    private static let identity = "id -u; id -g; id -G; echo $HOME; echo $USER $LOGNAME; env | grep -c ^SUDO_"

    @Test(.enabled(if: Privileges.isRoot)) func `Under sudo the command is that of the user who called`() throws {
        let expected = try run(Privileges.asNobody(["sh", "-c", "id -G; echo ~nobody"])).output.split(separator: "\n")
        let seen = try underSudo([], Self.identity)
        #expect(seen == ["65534", "65534"] + expected + ["nobody nobody", "0"])
        #expect(
            try underSudo([], "grep -E '^(Cap(Eff|Prm|Amb)|NoNewPrivs):' /proc/self/status | tr -d '0:\t'")
                == ["CapPrm", "CapEff", "CapAmb", "NoNewPrivs"])
        #expect(try underSudo([], "touch /etc/sonde-test-forbidden || echo refused") == ["refused"])
    }

    @Test(.enabled(if: Privileges.isRoot)) func `With --keep-privileges the command is root's`() throws {
        #expect(try underSudo(["--keep-privileges"], "id -u; echo $HOME") == ["0", "/root"])
    }

    @Test(.enabled(if: Privileges.isRoot)) func `A user whom nobody knows is refused`() throws {
        let result = try sonde(
            ["record", "-o", "/dev/null", "--", "true"], environment: ["SUDO_UID": "3999999999", "SUDO_GID": "1"])
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("can't run the command as user 3999999999, who called sudo"))
        #expect(result.errors.contains("--keep-privileges"))
    }

    @Test func `The command has no descriptor, signal mask or ignored signal of Sonde's`() throws {
        let script = "grep -E '^Sig(Blk|Ign):' /proc/self/status; ls -l /proc/self/fd"
        let alone = try run(["/bin/sh", "-c", script]).output
        let seen = try sonde("record", "-o", "/dev/null", "--", "/bin/sh", "-c", script).output
        // Without the two signals that the C library keeps to itself, 32 and 33 (nptl(7)).
        let signals = { (text: String) in
            text.split(separator: "\n").filter { $0.hasPrefix("Sig") }
                .compactMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16) }.map { $0 & 0x7fff_ffff }
        }
        #expect(signals(seen) == signals(alone))
        #expect(signals(seen).count == 2)
        #expect(seen.split(separator: "\n").count == alone.split(separator: "\n").count, "\(seen)")
    }

    @Test func `A command that isn't there`() throws {
        let result = try launch([], "no-such-command-anywhere")
        #expect(result.status == .exited(127))
        #expect(result.errors.contains("can't run no-such-command-anywhere: No such file or directory"))
    }

    @Test func `A file that can't be executed`() throws {
        let result = try launch([], "/etc/passwd")
        #expect(result.status == .exited(126))
        #expect(result.errors.contains("Permission denied"))
    }

    @Test func `A command that ends at once has nothing to show`() throws {
        let result = try launch([], "true")
        #expect(result.status == .exited(0))
    }

    @Test func `With descendants, what a shell starts is sampled`() throws {
        let result = try launch(["-s"], "sh", "-c", "'\(exits)' 600; '\(exits)' 600")
        let text = result.output.replacing("ready\n", with: "")
        let recording = try FoldedRecording(parsing: text, summary: result.errors)
        let shown = recording.stacks.filter { $0.frames.contains("spin_until_exit") }.map { $0.frames[0] }
        #expect(Set(shown).count == 2, "\(recording.stacks)")
    }
}
