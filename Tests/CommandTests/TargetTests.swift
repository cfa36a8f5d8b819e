import Foundation
import TestSupport
import Testing

/// How targets are named on the command line.
@Suite struct TargetTests {
    @Test func `By a name with wildcards`() throws {
        let program = try TestProgram(
            named: "sonde-glob-test",
            source: """
                #include "program.h"
                static volatile uint64_t result;
                int main(void) { die_with_parent(); say_ready(); for (;;) result = burn(result, 1000); }
                """)
        for pattern in ["sonde-glob-test", "sonde-gl?b-*", "*glob-tes[st]"] {
            let recording = try record("-n", pattern, "-d", "0.3", "-r", "300")
            #expect(Set(recording.stacks.map { $0.frames[0] }) == ["sonde-glob-test"])
            #expect(recording.summary.contains("(PID \(program.pid))"))
        }
    }

    @Test func `By the executable of a process whose first thread has another name`() throws {
        let program = try TestProgram(
            named: "sonde-renamed-test",
            source: """
                #include "program.h"
                static volatile uint64_t result;
                int main(void) {
                    die_with_parent();
                    prctl(PR_SET_NAME, "MainThread");
                    say_ready();
                    for (;;) result = burn(result, 1000);
                }
                """)
        let recording = try record("-n", "sonde-renamed-*", "-d", "0.3", "-r", "300")
        #expect(Set(recording.stacks.map { $0.frames[0] }) == ["sonde-renamed-test_(MainThread)"])
        #expect(recording.summary.contains("sonde-renamed-test (MainThread) (PID \(program.pid))"))
        for command in [["memory", "-n", "sonde-renamed-test"], ["dump", "-n", "MainThread"]] {
            #expect(try sonde(command).output.contains("sonde-renamed-test (MainThread)"), "\(command)")
        }
    }

    @Test func `Two processes are kept apart`() throws {
        let (first, second) = (try TestProgram("calibrated"), try TestProgram("recursion", "5"))
        let recording = try record(
            "-p", "\(first.pid)", "-p", "\(second.pid)", "-p", "\(first.pid)", "-d", "0.6", "-r", "500")
        let processes = Set(recording.stacks.map { $0.frames[0] })
        #expect(processes.count == 2)
        for program in [first, second] {
            #expect(processes.contains { $0.contains("\(program.pid)") })
        }
    }

    @Test func `The help mentions every option`() throws {
        let help = try sonde("record", "--help")
        #expect(help.status == .exited(0))
        for option in [
            "-p", "--pid", "-n", "--name", "-d", "--duration", "-r", "--rate", "--mode", "-f", "--format", "-o",
            "--output", "-t", "--threads", "-s", "--subprocesses", "--max-depth",
        ] {
            #expect(help.output.contains("\(option) ") || help.output.contains("\(option),"), "\(option)")
        }
        let general = try sonde("--help")
        for command in ["record", "dump", "doctor", "demo"] { #expect(general.output.contains("  \(command)")) }
    }

    @Test func `The version is a number`() throws {
        let version = try sonde("--version")
        #expect(version.status == .exited(0))
        #expect(version.output.split(separator: ".").count == 3)
    }
}
