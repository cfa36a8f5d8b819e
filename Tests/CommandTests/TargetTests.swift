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
        #expect(recording.summary.contains("calibrated (PID \(first.pid)), recursion (PID \(second.pid))"))
        for program in [first, second] {
            #expect(processes.contains { $0.contains("\(program.pid)") })
        }
    }

    @Test(arguments: [",", " "]) func `By a list of numbers`(separator: String) throws {
        let (first, second) = (try TestProgram("calibrated"), try TestProgram("recursion", "5"))
        let list = "\(first.pid)\(separator)\(second.pid)"
        let recording = try record("-p", list, "-d", "0.5", "-r", "300")
        #expect(Set(recording.stacks.map { $0.frames[0] }).count == 2)
        let dump = try sonde("dump", "-p", list).output
        #expect(dump.contains("(PID \(first.pid))") && dump.contains("(PID \(second.pid))"))
    }

    /// A process of an interpreter that runs a script until it is killed.
    private func script(_ name: String, in directory: TemporaryDirectory, arguments: [String] = []) throws -> Child {
        try directory.write("echo ready; exec 3<>pipe; while true; do read -r line <&3; done\n", to: name)
        try runSuccessfully(["/usr/bin/mkfifo", "\(directory.path)/pipe"])
        let child = try Child(["/bin/bash", "\(directory.path)/\(name)"] + arguments, directory: directory.url)
        try child.line(within: 20) { $0 == "ready" }
        return child
    }

    @Test func `By the name of a script, which is longer than a command name may be`() throws {
        let directory = try TemporaryDirectory()
        let child = try script("sonde-a-script-of-a-long-name.sh", in: directory)
        let dump = try sonde("dump", "-n", "sonde-a-script-*-name.sh").output
        #expect(dump.contains("bash (PID \(child.pid))"), "\(dump)")
        #expect(try sonde("dump", "-n", "sonde-a-script-of-a").status == .exited(1))
        child.kill()
    }

    @Test func `By the command line`() throws {
        let directory = try TemporaryDirectory()
        let child = try script("serve.sh", in: directory, arguments: ["--tenant", "sonde-tenant-7"])
        let expression = "serve\\.sh --tenant sonde-tenant-[0-9]$"
        // Neither Sonde nor the shell that starts it, whose command lines hold the name too.
        let command = "'\(Locations.sonde.path)' dump --match '\(expression)'; : sonde-tenant-7"
        let dump = try run(["/bin/sh", "-c", command]).output
        #expect(dump.components(separatedBy: "(PID ").count == 2 && dump.contains("(PID \(child.pid))"), "\(dump)")
        child.kill()
    }

    @Test(arguments: ["record", "top", "dump", "memory", "heap", "leaks", "watch", "trend", "doctor"])
    func `A shell completes process numbers, also in a list`(command: String) throws {
        let program = try TestProgram("calibrated")
        // As the script that --generate-completion-script writes asks for them.
        func candidates(_ word: String) throws -> [String] {
            let typed = ["3", "\(word.count)", "sonde", command, "-p", word]
            let result = try sonde(["---completion", command, "--", "-p"] + typed)
            return result.output.split(separator: "\n").map(String.init)
        }
        #expect(try candidates("").contains("\(program.pid)"))
        #expect(try candidates("1,2").contains("1,\(program.pid)"))
    }

    @Test(arguments: ["10s", "1.5s", "1500ms", "0m2s", ".5"]) func `Times have units`(time: String) throws {
        // Each is refused for what comes behind it.
        for command in [
            ["record", "-p", "0", "-d"], ["watch", "-p", "0", "-i"], ["top", "-p", "0", "-i"],
            ["memory", "-p", "0", "-d"],
        ] {
            #expect(try sonde(command + [time]).errors.hasPrefix("error: 0 is not a process ID"))
        }
        let wrong = try sonde("memory", "-p", "0", "-d", "\(time)x")
        #expect(wrong.status == .exited(64) && wrong.errors.contains("The value '\(time)x' is invalid for '-d <time>'"))
    }

    @Test(arguments: [
        ("record", "0 1 64 77 126 127 130 141"), ("top", "0 1 64 77 130"), ("report", "0 1 64 130 141"),
        ("diff", "0 1 3 64 130 141"), ("dump", "0 1 64 77 130 141"), ("memory", "0 1 64 77 130 141"),
        ("watch", "0 1 64 77 130 141"), ("trend", "0 1 2 64 130 141"), ("agent", "0 1 64 126 127"),
        ("doctor", "0 1 64 77 130 141"), ("demo", "0 1 64 77 130 141"),
    ])
    func `The help of each command shows what it exits with`(command: String, statuses: String) throws {
        for help in [try sonde(command, "--help").output, try sonde("help", command).output] {
            let table = try #require(help.split(separator: "EXIT STATUS\n").last?.split(separator: "\n\n").first)
            let shown = table.split(separator: "\n").compactMap { $0.firstMatch(of: /^  (\d+) +\w/)?.output.1 }
            #expect(shown.joined(separator: " ") == statuses, "\(help)")
        }
        #expect(try sonde("--help").output.contains("EXIT STATUS\n  0    done\n  1    failed\n  64   wrong usage"))
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
