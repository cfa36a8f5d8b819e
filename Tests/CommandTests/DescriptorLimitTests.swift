import Foundation
import TestSupport
import Testing

/// Targets of more threads than Sonde may have files open.
@Suite(.enabled(if: Privileges.isRoot)) struct DescriptorLimitTests {
    private static let threads = 602

    private func limited(_ arguments: String...) throws -> CommandResult {
        try run(["/usr/bin/prlimit", "--nofile=256", Locations.sonde.path] + arguments)
    }

    private func program() throws -> TestProgram { try TestProgram("threads", "\(Self.threads)", "1") }

    @Test func `A dump shows every thread`() throws {
        let program = try program()
        let result = try limited("dump", "-p", "\(program.pid)")
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(result.output.components(separatedBy: "\nThread ").count - 1 == Self.threads)
        #expect(!result.output.contains("not read"))
    }

    @Test(arguments: [[String](), ["--sampler", "perf"]])
    func `Events on each CPU sample the thread that runs, and the limit is told`(options: [String]) throws {
        let program = try program()
        let command = ["record", "-p", "\(program.pid)", "-d", "1", "-r", "500", "-f", "folded", "-o", "-"]
        let result = try run(["/usr/bin/prlimit", "--nofile=256", Locations.sonde.path] + command + options)
        #expect(result.status == .exited(0), "\(result.errors)")
        let recording = try FoldedRecording(parsing: result.output, summary: result.errors)
        #expect(recording.samples { $0.passes(["spin"]) } > 0)
        let isTold = result.errors.contains("perf: Sonde may have only 256 open files, too few to poll 602 threads")
        #expect(isTold == options.isEmpty, "\(result.errors)")
    }

    @Test func `Stops and sleeping threads are sampled without kept files, and that is told`() throws {
        let program = try program()
        let result = try limited(
            "record", "-p", "\(program.pid)", "-d", "1", "-r", "200", "--sampler", "ptrace", "--mode", "wall", "-f",
            "folded", "-o", "-")
        #expect(result.status == .exited(0), "\(result.errors)")
        let recording = try FoldedRecording(parsing: result.output, summary: result.errors)
        #expect(recording.samples { $0.passes(["spin"]) } > 0)
        #expect(recording.samples { $0.passes(["sleep_in_futex"]) } > 0)
        #expect(result.errors.contains("of 570 threads are opened at each poll: Sonde may have only 256 open files;"))
        #expect(!result.errors.contains("ended") && !result.errors.contains("too_many_open_files"))
    }
}
