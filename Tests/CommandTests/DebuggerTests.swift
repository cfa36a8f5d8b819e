import Foundation
import TestSupport
import Testing

/// Targets that somebody else traces.
@Suite struct DebuggerTests {
    /// gdb, with commands on its standard input.
    private func gdb(_ arguments: String...) throws -> Child {
        try Child(["/usr/bin/gdb", "-q", "-nx", "-iex", "set debuginfod enabled off"] + arguments)
    }

    private func expectRefusal(_ target: String, tracer: String) throws {
        for mode in ["cpu", "wall"] {
            let options = ["-d", "0.2", "-o", "/dev/null", "--mode", mode, "--sampler", "ptrace"]
            let result = try sonde(["record", "-p", target] + options)
            #expect(result.status == .exited(1))
            #expect(result.errors.contains("process \(target) is traced already, by \(tracer) (PID "))
            #expect(result.errors.contains("detach it there"))
        }
        let diagnosis = try sonde("doctor", "-p", target)
        #expect(diagnosis.status == .exited(1))
        #expect(diagnosis.output.contains("1, all traced already"))
    }

    @Test func `A program that stands at a breakpoint`() throws {
        let debugger = try gdb("--args", Locations.testPrograms.appending(path: "calibrated").path)
        try debugger.write(Data("break hot\nrun\ninfo inferiors\n".utf8))
        let line = try debugger.line { $0.contains("process ") && $0.contains("calibrated") }
        let words = line.split(separator: " ")
        let index = try #require(words.firstIndex(of: "process"))
        try expectRefusal(String(words[index + 1]), tracer: "gdb")
        try debugger.write(Data("continue\nbacktrace 1\nkill\nquit\n".utf8))
        try debugger.line { $0.contains("Breakpoint 1, ") || $0.contains("hot (") }
        #expect(try debugger.exitStatus() == .exited(0))
    }

    @Test func `A program that runs under gdb`() throws {
        let program = try TestProgram("calibrated")
        let debugger = try gdb("-p", "\(program.pid)", "-ex", "echo attached\\n", "-ex", "continue")
        try debugger.line { $0.hasSuffix("attached") }
        try expectRefusal("\(program.pid)", tracer: "gdb")
        let besides = try sonde("record", "-p", "\(program.pid)", "-d", "0.3", "-r", "300", "-o", "/dev/null")
        #expect(besides.status == .exited(0) && besides.errors.contains("is already traced by another tracer"))
        debugger.kill()
        let recording = try record("-p", "\(program.pid)", "-d", "0.3", "-r", "300")
        #expect(recording.samples > 0)
    }

    @Test(arguments: RecordingWay.allCases)
    func `gdb attaches to what is being sampled, and goes again`(way: RecordingWay) throws {
        let program = try TestProgram("calibrated")
        let recording = try WatchedRecording(way, "-p", "\(program.pid)", "-r", "200")
        try recording.waitUntilItSamples()
        var output = ""
        // Each stop of a sample shuts gdb out for as long as it lasts.
        let hasAttached = try eventually {
            let result = try run(["/usr/bin/gdb", "-q", "-nx", "-batch", "-p", "\(program.pid)", "-ex", "backtrace"])
            output = result.output
            return output.contains("in main (")
        }
        #expect(hasAttached, "\(output)")
        recording.send(signal: SIGINT)
        let result = try recording.finish()
        #expect(result.samples > 0)
        let status = try String(contentsOfFile: "/proc/\(program.pid)/status", encoding: .utf8)
        #expect(status.contains("\nTracerPid:\t0\n") && status.contains("\nState:\tR"))
    }

    @Test func `A program that had itself traced by its parent`() throws {
        let tracer = try TestProgram(
            named: "traceme",
            source: """
                #include "program.h"
                #include <sys/ptrace.h>
                #include <sys/wait.h>
                int main(void) {
                    die_with_parent();
                    pid_t child = fork();
                    if (child == 0) {
                        die_with_parent();
                        ptrace(PTRACE_TRACEME, 0, 0, 0);
                        raise(SIGSTOP);
                        for (;;) pause();
                    }
                    waitpid(child, NULL, 0);
                    printf("ready\\n%d\\n", child);
                    fflush(stdout);
                    for (;;) pause();
                }
                """)
        try expectRefusal(try tracer.line(), tracer: "traceme")
    }
}
