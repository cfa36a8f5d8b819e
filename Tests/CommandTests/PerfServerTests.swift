import Foundation
import TestSupport
import Testing

/// `sonde record --sampler perf` on servers that no one here wrote, under load.
@Suite(.enabled(if: Privileges.isRoot)) struct PerfServerTests {
    /// No stack is wrong, and few are truncated.
    ///
    /// Stacks are those of a timer's interrupt, which comes anywhere: also in the instructions at the beginning and end of
    /// hand-written functions that their unwind information doesn't describe, and in code that has none. The samples of
    /// these tests hit such places in less than one of a hundred; twice that is allowed, and what chance adds to it.
    private func expectWhole(_ recording: MeasuredRecording, roots: Set<String>) {
        let (truncated, samples) = (recording.folded.truncatedSamples, recording.folded.samples)
        #expect(samples > 50)
        #expect(isRare(truncated, of: samples, share: 0.02), "\(recording.folded.summary)")
        #expect(recording.roots.subtracting(roots) == [])
        #expect(recording.stacks.allSatisfy { $0.hasKernelOnTop })
    }

    private func recordByEvents(_ pid: Int32, _ arguments: String...) throws -> MeasuredRecording {
        try MeasuredRecording(["--sampler", "perf", "-p", "\(pid)", "-d", "2", "-r", "500"] + arguments)
    }

    @Test func `Redis shows its commands, and what the kernel does for them`() throws {
        let server = try Server.redis()
        let load = try server.startRedisLoad()
        let recording = try recordByEvents(server.pid)
        expectWhole(recording, roots: ["_start", "clone3"])
        #expect(recording.weight { $0.passes(["main", "aeMain", "readQueryFromClient"]) } > 0)
        #expect(recording.weight { $0.passes(["main", "aeMain", "do_syscall_64_[k]"]) } > 0)
        load.kill()
    }

    @Test func `PostgreSQL shows the backends of its clients`() throws {
        let server = try Server.postgres()
        let load = try server.startPostgresLoad()
        let recording = try recordByEvents(server.pid, "-s")
        expectWhole(recording, roots: ["_start"])
        let queries = recording.stacks.filter { $0.passes(["main", "PostmasterMain", "PostgresMain", "PortalRun"]) }
        #expect(Set(queries.map { $0.frames[0] }).count >= 2)
        load.kill()
    }

    @Test func `CPython shows its functions`() throws {
        let server = try Server.busyPython()
        let recording = try recordByEvents(server.pid)
        expectWhole(recording, roots: ["_start"])
        let calls = recording.weight { stack in
            stack.passes(["_start", "Py_BytesMain"]) && stack.frames.contains { $0.hasPrefix("fibonacci (") }
        }
        #expect(calls > 0)
    }

    @Test func `Go shows its goroutines`() throws {
        let program = try TestProgram("go_stack")
        let recording = try recordByEvents(program.pid)
        let roots = ["goexit", "mcall", "morestack", "clone", "rt0_go"].map { "runtime.\($0)" }
        expectWhole(recording, roots: Set(roots + ["clone3"]))
        #expect(recording.weight { $0.frames.contains { $0.hasPrefix("main.") } } * 2 > recording.folded.samples)
    }
}
