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
        let result = try limited("dump", "--each", "-p", "\(program.pid)")
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

    @Test func `Time off CPU needs events on each thread, and the limit that it takes is named`() throws {
        let program = try program()
        let result = try limited("record", "-p", "\(program.pid)", "-d", "1", "--mode", "off-cpu", "-o", "/dev/null")
        let needed = Self.threads * ProcessInfo.processInfo.activeProcessorCount + 256
        #expect(result.status == .exited(1))
        #expect(result.errors.contains("Sonde may have only 256 open files"))
        #expect(result.errors.contains("LimitNOFILE=\(needed)"), "\(result.errors)")
        let raised = try run(
            ["/usr/bin/prlimit", "--nofile=\(needed)", Locations.sonde.path, "record", "-p", "\(program.pid)"]
                + ["-d", "1", "--mode", "off-cpu", "-o", "/dev/null"])
        #expect(raised.status == .exited(0), "\(raised.errors)")
    }

    @Test(arguments: [40, 44, 48, 56])
    func `A recording of a family ends with it, however few descriptors there are`(limit: Int) throws {
        let family = "for i in 1 2 3 4 5 6; do timeout 0.5 sh -c 'while :; do :; done' & done; wait"
        let result = try run(
            ["/usr/bin/prlimit", "--nofile=\(limit)", Locations.sonde.path, "record", "-s", "--sampler", "perf", "-f"]
                + ["folded", "-o", "/dev/null", "--", "/bin/sh", "-c", family])
        #expect(result.status == .exited(0) || !result.errors.isEmpty, "\(result.status)")
    }

    @Test func `Rows have the process's name where descriptors are very few`() throws {
        let program = try TestProgram("threads", "4", "2")
        let result = try run(
            ["/usr/bin/prlimit", "--nofile=40", Locations.sonde.path, "record", "-p", "\(program.pid)", "-d", "1"]
                + ["-r", "500", "--sampler", "perf", "-f", "folded", "-o", "-"])
        let recording = try FoldedRecording(parsing: result.output, summary: result.errors)
        #expect(recording.samples { _ in true } > 0, "\(result.errors)")
        #expect(recording.samples { $0.frames.first == "threads" } == recording.samples { _ in true })
    }
}
