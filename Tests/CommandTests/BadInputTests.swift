import Foundation
import TestSupport
import Testing

/// Targets and arguments that `sonde record` can't do anything with: each is named, with the remedy.
@Suite struct BadInputTests {
    private func refusal(_ arguments: String...) throws -> CommandResult {
        try sonde(["record", "-d", "0.2", "-o", "/dev/null"] + arguments)
    }

    @Test func `No such process`() throws {
        let result = try refusal("-p", "99999999")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("there is no process 99999999"))
        #expect(result.errors.contains("-n"))
    }

    @Test func `A thread is not a process`() throws {
        let program = try TestProgram("threads", "2", "1")
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/task")
        let thread = try #require(tasks.first { $0 != "\(program.pid)" })
        let result = try refusal("-p", thread)
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("\(thread) is a thread of process \(program.pid)"))
        #expect(result.errors.contains("-p \(program.pid)"))
    }

    @Test(arguments: ["cpu", "off-cpu"]) func `Sleeping threads are interrupted in wall mode only`(mode: String) throws
    {
        let result = try refusal("-p", "1", "--interrupt-sleeping", "--mode", mode)
        #expect(result.status == .exited(64))
        #expect(result.errors.contains("--interrupt-sleeping needs --mode wall"))
    }

    @Test func `A zombie has nothing to sample`() throws {
        let program = try TestProgram("calibrated")
        program.child.killWithoutReaping()
        let result = try refusal("-p", "\(program.pid)")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("process \(program.pid) has ended"))
    }

    @Test(.enabled(if: BadInputTests.hasKernelThread)) func `A kernel thread has no stack for us`() throws {
        let result = try refusal("-p", "2")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("kernel thread"))
        #expect(result.errors.contains("perf record"))
    }

    private static var hasKernelThread: Bool {
        (try? String(contentsOfFile: "/proc/2/comm", encoding: .utf8)) == "kthreadd\n"
    }

    /// PID 1 is a process like others: sampled where the kernel lets us, refused with a reason where not.
    @Test func `The first process of all is no exception`() throws {
        let result = try sonde("record", "-p", "1", "-d", "0.2", "--mode", "wall", "-f", "folded", "-o", "-")
        switch result.status {
        case .exited(0): #expect(!result.output.isEmpty)
        case .exited(77): #expect(result.errors.contains("error: "))
        default: Issue.record("\(result.status): \(result.errors)")
        }
    }

    @Test func `A process that somebody traces already`() throws {
        let tracer = try TestProgram(
            named: "tracer",
            source: """
                #include "program.h"
                #include <sys/ptrace.h>
                int main(void) {
                    die_with_parent();
                    pid_t child = fork();
                    if (child == 0) { die_with_parent(); for (;;) pause(); }
                    if (ptrace(PTRACE_SEIZE, child, 0, 0)) return 1;
                    printf("ready\\n%d\\n", child);
                    fflush(stdout);
                    for (;;) pause();
                }
                """)
        let result = try refusal("--sampler", "ptrace", "-p", try tracer.line())
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("is traced already, by tracer (PID \(tracer.pid))"))
    }

    @Test func `Sonde does not sample itself`() throws {
        let command = "exec '\(Locations.sonde.path)' record -d 0.2 -o /dev/null -p $$"
        let result = try run(["/bin/sh", "-c", command])
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("is Sonde itself"))
    }

    @Test(.enabled(if: ThirtyTwoBitProgram.runs)) func `A 32-bit program`() throws {
        let program = try ThirtyTwoBitProgram()
        let result = try refusal("-p", "\(program.child.pid)")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("runs a 32-bit program"))
        #expect(result.errors.contains("gdb"))
    }

    @Test(.enabled(if: Privileges.isRoot)) func `Another user's process, without permission`() throws {
        let program = try TestProgram("calibrated")
        let copy = try ReadableSonde()
        let result = try run(
            Privileges.asNobody([copy.path, "record", "-p", "\(program.pid)", "-d", "0.2", "-o", "-"]))
        #expect(result.status == .exited(77))
        #expect(result.errors.contains("belongs to another user (uid 0)"))
        #expect(result.errors.contains("sudo") && result.errors.contains("CAP_SYS_PTRACE"))
        #expect(result.output.isEmpty)
    }

    /// Forbids others of its user to look into it, having become `nobody`.
    private static let secretive = """
        #include "program.h"
        static volatile uint64_t result;
        OWN_FRAME void spin_in_secret(void) { for (;;) result = burn(result, 100000); }
        int main(void) {
            if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)) return 1;
            prctl(PR_SET_DUMPABLE, 0);
            die_with_parent();
            say_ready();
            spin_in_secret();
        }
        """

    @Test(.enabled(if: Privileges.isRoot)) func `A process that isn't dumpable, for its own user`() throws {
        let program = try TestProgram(named: "secretive", source: Self.secretive)
        let copy = try ReadableSonde()
        let result = try run(
            Privileges.asNobody([copy.path, "record", "-p", "\(program.pid)", "-d", "0.2", "-o", "-"]))
        #expect(result.status == .exited(77))
        #expect(result.errors.contains("process \(program.pid) doesn't let others of its user read it"))
        #expect(result.errors.contains("sudo"))
    }

    @Test(.enabled(if: Privileges.isRoot), arguments: RecordingWay.allCases)
    func `A process that isn't dumpable, for root`(way: RecordingWay) throws {
        let program = try TestProgram(named: "secretive", source: Self.secretive)
        let recording = try record(way, "-p", "\(program.pid)", "-d", "0.3", "-r", "300")
        #expect(recording.samples > 0)
        #expect(recording.stacks.allSatisfy { $0.passes(["_start", "main", "spin_in_secret"]) })
    }

    @Test(arguments: [
        ["-r", "0"], ["-r", "100000"], ["-r", "x"], ["-d", "0"], ["-d", "nan"], ["-d=-1"], ["-d", "inf"],
        ["-d", "99999999999"], ["-d", "5x"], ["-d", "1s30m"], ["-p", "1,"], ["-p", "1,x"], ["-p", "1,0"],
        ["--match", "("], ["--match", ""], ["-o", "x.png"], ["-o", "x.svg.gz"], ["--max-depth", "0"],
        ["--mode", "other"], ["-f", "other"], ["-o", ""], ["-p", "0"], ["-p=-1"], ["-p", "99999999999999999999"],
        ["--", "true"], ["--no-such-option"],
    ])
    func `Wrong usage is told before anything is touched`(arguments: [String]) throws {
        let program = try TestProgram("calibrated")
        let result = try sonde(["record", "-p", "\(program.pid)"] + arguments)
        #expect(result.status == .exited(64))
        #expect(result.errors.hasPrefix("error: ") && result.errors.contains("Usage: sonde record"))
        #expect(result.output.isEmpty)
    }

    @Test(arguments: ["record", "top", "dump", "memory", "heap", "leaks", "watch"])
    func `A target without its option is answered with the option`(command: String) throws {
        for (arguments, question) in [
            (["1234"], "1234 is given without an option: -p 1234?"),
            (["-p", "12", "34"], "34 is given without an option: -p 12,34?"),
            (
                ["-F", "99"],
                "-F is no option that takes a value, and 99 is given without one; --help lists the options."
            ),
            (["redis-server"], "redis-server is given without an option: -n redis-server?"),
        ] {
            let result = try sonde([command] + arguments)
            #expect(result.status == .exited(64))
            #expect(result.errors.hasPrefix("error: \(question)\nUsage: sonde \(command) "), "\(result.errors)")
        }
    }

    @Test func `A process that is to be checked without its option is answered with the option`() throws {
        for (argument, question) in [("1234", ": -p 1234?"), ("redis", "; --help lists the options.")] {
            let result = try sonde("doctor", argument)
            #expect(result.status == .exited(64))
            let message = "error: \(argument) is given without an option\(question)\n"
            #expect(result.errors.hasPrefix(message), "\(result.errors)")
        }
    }

    @Test func `Each command's errors look alike`() throws {
        for command in [
            ["record", "-p", "99999999"], ["top", "-p", "x"], ["dump"], ["nothing"], ["trend"], ["trend", "/no/file"],
            ["report"], ["report", "/no/file"], ["diff", "/no/file"], ["diff", "/no/file", "/no/file"],
            ["doctor", "-p", "x"],
        ] {
            let result = try sonde(command)
            #expect(result.status != .exited(0) && result.errors.hasPrefix("error: "), "\(result.errors)")
        }
    }

    @Test func `No command line that matches`() throws {
        let result = try refusal("--match", "no such command line, [0-9]+")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("error: no such command line, [0-9]+ is found in no command line"))
    }

    @Test(arguments: ["record", "top", "dump", "memory", "heap", "leaks", "watch"]) func `No target at all`(
        command: String
    ) throws {
        let result = try sonde(command)
        #expect(result.status == .exited(64))
        #expect(result.errors.hasPrefix("error: Name the target: -p PID, -n NAME or --match REGEX"))
    }

    @Test func `No process of that name`() throws {
        let result = try refusal("-n", "no-such-*-name")
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("no process is named no-such-*-name"))
    }
}
