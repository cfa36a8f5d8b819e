import Foundation
import TestSupport
import Testing

/// The process that reads what targets wrote, seen from outside, in the built program.
@Suite struct WorkerTests {
    /// A running `sonde record`, and the processes below it.
    private struct Recording {
        let child: Child
        let directory: TemporaryDirectory

        init(of targets: [TestProgram], _ arguments: String...) throws {
            directory = try TemporaryDirectory()
            child = try Child(
                [Locations.sonde.path, "record", "-f", "folded", "-o", "\(directory.path)/x.folded", "--json"]
                    + arguments + targets.flatMap { ["-p", "\($0.pid)"] })
        }

        /// The template that Sonde has forked; `nil` before that.
        var template: Int32? { WorkerTests.children(of: child.pid).first }
        /// The worker that the template has forked last; `nil` while there is none.
        var worker: Int32? {
            template.flatMap { WorkerTests.children(of: $0).last { WorkerTests.state(of: $0) != "Z" } }
        }

        /// Waits for its end; what it says of itself.
        func summary() throws -> [String: Any] {
            try #require(try child.exitStatus(within: 60) == .exited(0))
            child.waitForOutput()
            return try #require(try JSONSerialization.jsonObject(with: child.standardOutput) as? [String: Any])
        }
    }

    private static func children(of process: Int32) -> [Int32] {
        let text = try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
        return (text ?? "").split(separator: " ").compactMap { Int32($0) }
    }

    private static func state(of process: Int32) -> String? { field("State", of: process).map { String($0.prefix(1)) } }

    /// A line of `/proc/PID/status`, proc_pid_status(5).
    private static func field(_ name: String, of process: Int32) -> String? {
        let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = (text ?? "").split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line.map { String($0.dropFirst(name.count + 1)).trimmingCharacters(in: .whitespaces) }
    }

    @Test func `The worker has no capability, no way to one, a filter of system calls and no files`() throws {
        let target = try TestProgram("threads", "4", "1")
        let recording = try Recording(of: [target], "-d", "20")
        defer { _ = recording.child.kill() }
        let isThere = eventually(within: 20) {
            recording.worker.flatMap { Self.field("Seccomp", of: $0) } == "2"
        }
        try #require(isThere)
        let worker = try #require(recording.worker)
        for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            // The bounding set is only left where nobody could have changed it.
            if name == "CapBnd", !Privileges.isRoot { continue }
            #expect(Self.field(name, of: worker) == "0000000000000000", "\(name)")
        }
        #expect(Self.field("NoNewPrivs", of: worker) == "1")
        if Privileges.isRoot {
            #expect(Self.field("Uid", of: worker)?.split(separator: "\t").first == "65534")
            #expect(Self.field("Groups", of: worker) == "")
        }
        let limits = try String(contentsOfFile: "/proc/\(worker)/limits", encoding: .utf8)
        #expect(limits.contains(try Regex(#"Max core file size +0 "#)))
        #expect(limits.contains(try Regex(#"Max address space +805306368 "#)))
    }

    @Test(.enabled(if: Privileges.isRoot))
    func `The process with privileges reads and maps nothing of an object file`() throws {
        let target = try TestProgram("threads", "4", "1")
        let directory = try TemporaryDirectory()
        try runSuccessfully([
            "strace", "-ff", "-y", "-e",
            "trace=read,readv,pread64,preadv,preadv2,mmap,sendmsg,execve,fork,vfork,clone,clone3",
            "-o", "\(directory.path)/trace", Locations.sonde.path, "record", "-p", "\(target.pid)", "-d", "1",
            "--mode", "wall", "-f", "folded", "-o", "\(directory.path)/x.folded",
        ])
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter {
            $0.hasPrefix("trace.")
        }
        var traces: [Int32: [Substring]] = [:]
        for file in files {
            let number = try #require(Int32(file.dropFirst(6)))
            let text = try String(contentsOfFile: "\(directory.path)/\(file)", encoding: .utf8)
            traces[number] = text.split(separator: "\n")
        }
        let main = try #require(traces.first { $0.value.first?.hasPrefix("execve(") == true }?.key)
        let forks = traces.mapValues { lines in lines.compactMap(Self.forkedProcess) }
        var unprivileged = Set(forks[main] ?? [])
        try #require(!unprivileged.isEmpty)
        while let more = unprivileged.first(where: { !unprivileged.isSuperset(of: forks[$0] ?? []) }) {
            unprivileged.formUnion(forks[more] ?? [])
        }
        let fork = try #require(traces[main]?.firstIndex { Self.forkedProcess($0) != nil })
        var passed = 0
        for (process, lines) in traces where !unprivileged.contains(process) {
            let own = process == main ? lines[(fork + 1)...] : lines[...]
            try #require(!own.isEmpty)
            for line in own {
                if line.hasPrefix("sendmsg(") { passed += line.contains("SCM_RIGHTS") ? 1 : 0 }
                guard !line.hasPrefix("sendmsg("), !line.hasPrefix("execve(") else { continue }
                let path = line.split(separator: "<").dropFirst().first?.split(separator: ">").first ?? ""
                #expect(!path.contains("/lib") && !path.hasSuffix("/threads"), "\(line)")
            }
        }
        #expect(passed > 0)
        let folded = try String(contentsOfFile: "\(directory.path)/x.folded", encoding: .utf8)
        #expect(folded.contains(";main"))
    }

    /// The process that a line of strace(1) says was forked; a thread isn't one.
    private static func forkedProcess(_ line: Substring) -> Int32? {
        guard line.hasPrefix("clone(") || line.hasPrefix("fork("), !line.contains("CLONE_THREAD") else { return nil }
        return line.split(separator: "= ").last.flatMap { Int32($0.trimmingCharacters(in: .whitespaces)) }
    }

    @Test func `Workers that are killed and stopped at random lose only counted stacks, and never a target`() throws {
        let targets = [try TestProgram("answers", "3"), try TestProgram("threads", "16", "2")]
        var random = SeededGenerator(state: 5)
        let recording = try Recording(of: targets, "-d", "8", "-r", "500")
        var kills = 0
        var seen: Set<Int32> = []
        let hasEnded = eventually(within: 60) {
            guard Self.state(of: recording.child.pid) != "Z", Self.state(of: recording.child.pid) != nil else {
                return true
            }
            guard let worker = recording.worker, Self.field("Seccomp", of: worker) == "2" else { return false }
            seen.insert(worker)
            usleep(UInt32.random(in: 0..<60_000, using: &random))
            if kill(worker, kills % 20 == 7 ? SIGSTOP : SIGKILL) == 0 { kills += 1 }
            return false
        }
        try #require(hasEnded)
        let summary = try recording.summary()
        #expect(kills > 20 && seen.count > 10)
        let restarts = try #require(summary["worker_restarts"] as? [String: Int])
        #expect((restarts["worker_crashed"] ?? 0) > 10)
        let samples = try #require(summary["samples"] as? Int)
        let lost = try #require(summary["lost"] as? [String: Int])
        #expect(samples > 300, "\(samples), \(lost), \(kills) kills")
        let counted: Set = [
            "worker_crashed", "worker_timeout", "queue_full", "ended", "moved", "not_stopped", "ring_full",
        ]
        #expect(counted.isSuperset(of: lost.keys), "\(lost)")
        for target in targets {
            #expect(Self.field("TracerPid", of: target.pid) == "0")
            #expect(["R", "S"].contains(Self.state(of: target.pid)))
        }
    }

    /// Names that abort, occupy for ever and flood the libraries that demangle.
    @Test(arguments: ["swift-abort", "swift-doubling", "cpp-doubling", "cpp-pack-doubling", "rust-lifetimes"])
    func `A name that ends the worker stays as it is, is counted, and the others keep theirs`(file: String) throws {
        let known = Locations.checkout.appending(path: "Tests/FuzzTests/Known/demangle/\(file)")
        let name = try String(contentsOf: known, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        let workshop = try Workshop()
        let program = try workshop.build(
            "hostile",
            from: """
                #include <unistd.h>
                __asm__(".globl inner\\n.type \\"\(name)\\", @function\\n"
                        "inner: \\"\(name)\\":\\n1: jmp 1b\\n.size \\"\(name)\\", . - \\"\(name)\\"\\n");
                void inner(void);
                int main(void) { write(1, "ready\\n", 6); inner(); return 1; }
                """, in: "hostile.c", with: "gcc", "-O0", "-o", "hostile", "hostile.c")
        let target = try Child([program])
        defer { _ = target.kill() }
        let isReady = eventually(within: 20) { target.standardOutput.starts(with: Data("ready".utf8)) }
        try #require(isReady)
        let result = try sonde(
            "record", "-p", "\(target.pid)", "-d", "1", "-r", "500", "-f", "folded", "-o", "\(workshop.directory)/x",
            "--json")
        try #require(result.status == .exited(0))
        let folded = try String(contentsOfFile: "\(workshop.directory)/x", encoding: .utf8)
        #expect(folded.contains(";main;\(name.prefix(20))"))
        let summary = try #require(try JSONSerialization.jsonObject(with: result.standardOutput) as? [String: Any])
        let names = try #require(summary["names_not_found"] as? [String: Int])
        #expect(names.values.reduce(0, +) == 1)
    }
}
