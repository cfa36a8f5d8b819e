import Foundation
import TestSupport
import Testing

/// Which sampler `sonde record` takes, and what it says about that.
@Suite(.enabled(if: Privileges.isRoot)) struct SamplerChoiceTests {
    private var withoutEvents: String { Locations.testPrograms.appending(path: "without_perf").path }

    @Test func `By default a target that nobody traces is stopped for its samples`() throws {
        let program = try TestProgram("calibrated")
        let figures = try MeasuredRecording("-p", "\(program.pid)", "-d", "0.5", "-r", "200").figures
        #expect(figures.sampler == "ptrace" && figures.samplerReason == "default")
        #expect(figures.samplesStopped > 0 && figures.samplesCopied == 0)
    }

    /// So many threads run that there is one for each CPU at least.
    @Test(arguments: ["cpu", "wall"])
    func `Where all CPUs are busy, a target of many threads is sampled by events, and that is told`(mode: String) throws
    {
        let program = try TestProgram("threads", "200", "\(sysconf(Int32(_SC_NPROCESSORS_ONLN)) + 1)")
        let result = try sonde(
            "record", "-p", "\(program.pid)", "-d", "1", "-r", "200", "--mode", mode, "-f", "folded", "-o", "-")
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(result.errors.contains("perf: the host's CPUs are all busy, and polling 200 threads for ptrace stops"))
        let recording = try FoldedRecording(parsing: result.output, summary: result.errors)
        #expect(recording.samples { $0.passes(["spin"]) } > 0)
        #expect(mode == "cpu" || recording.samples { $0.passes(["sleep_in_read"]) } > 0)
        let figures = try MeasuredRecording(
            "-p", "\(program.pid)", "-d", "0.5", "-r", "200", "--mode", mode
        ).figures
        #expect(figures.sampler == "perf" && figures.samplerReason == "full_host" && figures.samplesStopped == 0)
    }

    @Test func `Where events are refused, a target of many threads is stopped on a full host too`() throws {
        let program = try TestProgram("threads", "200", "\(sysconf(Int32(_SC_NPROCESSORS_ONLN)) + 1)")
        let result = try run(
            [withoutEvents, Locations.sonde.path, "record", "-p", "\(program.pid)", "-d", "0.5", "-o", "/dev/null"])
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(!result.errors.contains("CPUs are all busy") && result.errors.contains("Cost: ptrace; stops of "))
    }

    @Test func `A target that is traced already is sampled by events, and that is told`() throws {
        let program = try TestProgram("traced")
        let recording = try MeasuredRecording("-p", "\(program.pid)", "-d", "0.5", "-r", "200")
        #expect(recording.figures.sampler == "perf" && recording.figures.samplerReason == "traced")
        #expect(recording.weight { $0.passes(["_start", "main", "spin_traced"]) } > 0)
        let text = try record("-p", "\(program.pid)", "-d", "0.5", "-r", "200").summary
        #expect(text.contains("perf: process \(program.pid) is already traced by another tracer"))
    }

    @Test func `A target that is traced already can't be stopped for samples`() throws {
        let program = try TestProgram("traced")
        let result = try sonde("record", "-p", "\(program.pid)", "-d", "0.5", "--sampler", "ptrace", "-o", "-")
        #expect(result.status == .exited(77) || result.status == .exited(1))
        #expect(result.errors.contains("is traced already, by traced (PID "))
    }

    @Test func `Past the hold budget, events go on where stops left off`() throws {
        let program = try TestProgram("calibrated")
        let recording = try MeasuredRecording(
            "-p", "\(program.pid)", "-d", "4", "-r", "60", "--stop-budget", "0.0001")
        #expect(recording.figures.sampler == "perf" && recording.figures.samplerReason == "stop_budget_exceeded")
        #expect(recording.figures.samplesStopped > 0 && recording.figures.samplesCopied > 0)
        #expect(recording.folded.samples == recording.figures.samplesStopped + recording.figures.samplesCopied)
        #expect(recording.stacks.allSatisfy { $0.functions.starts(with: ["_start", "__libc_start_main"]) })
    }

    @Test func `Where events are refused, stops go on past the budget, and that is told`() throws {
        let program = try TestProgram("calibrated")
        let result = try run(
            [
                withoutEvents, Locations.sonde.path, "record", "-p", "\(program.pid)", "-d", "5", "-r", "300",
                "--stop-budget", "0.0001", "-o", "/dev/null",
            ])
        #expect(result.status == .exited(0))
        #expect(result.errors.contains("ptrace, although stops took "))
        #expect(result.errors.contains("perf_event_open is filtered"))
    }

    @Test(arguments: [["--sampler", "perf"], ["--mode", "off-cpu"]])
    func `Where events are refused, who asks for them is told the remedy`(options: [String]) throws {
        let program = try TestProgram("calibrated")
        let command = [withoutEvents, Locations.sonde.path, "record", "-p", "\(program.pid)", "-d", "1", "-o", "-"]
        let result = try run(command + options)
        #expect(result.status == .exited(77))
        #expect(result.errors.contains("--security-opt seccomp=unconfined"))
        #expect(result.output.isEmpty)
    }

    /// `kernel.perf_event_paranoid`: above 1, users see nothing of the kernel; above 2, nothing at all.
    private static var paranoidLevel: Int {
        let text = try? String(contentsOfFile: "/proc/sys/kernel/perf_event_paranoid", encoding: .utf8)
        return text.flatMap { Int($0.prefix { $0 != "\n" }) } ?? 4
    }

    private func recordAsNobody(limits: [String] = [], _ arguments: String...) throws -> CommandResult {
        let copy = try ReadableSonde()
        let script = "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done"
        let command = limits + [copy.path, "record", "-f", "folded", "-o", "-", "-r", "500"] + arguments
        return try run(Privileges.asNobody(command + ["--", "/bin/sh", "-c", script]), directory: URL(filePath: "/"))
    }

    @Test(.enabled(if: paranoidLevel == 2))
    func `A user without privileges sees his own processes without the kernel, and is told so`() throws {
        let result = try recordAsNobody("--sampler", "perf")
        #expect(result.status == .exited(0), "\(result.errors)")
        #expect(result.errors.contains("without kernel time and kernel stacks, which are not permitted"))
        let recording = try FoldedRecording(parsing: result.output, summary: result.errors)
        #expect(recording.samples > 0 && recording.stacks.allSatisfy { $0.kernelFrames.isEmpty })
    }

    /// 64 KiB is Docker's default.
    @Test(.enabled(if: paranoidLevel <= 2), arguments: ["65536", "0"])
    func `Events share the little memory that a user may lock`(limit: String) throws {
        let limits = ["/usr/bin/prlimit", "--memlock=\(limit)"]
        let result = try recordAsNobody(limits: limits, "--sampler", "perf", "-r", "200")
        #expect(result.status == .exited(0), "\(result.errors)")
        let recording = try FoldedRecording(parsing: result.output, summary: result.errors)
        #expect(recording.samples > 0)
        #expect(!result.errors.contains("ring_full"), "\(result.errors)")
    }

    @Test(.enabled(if: paranoidLevel >= 2))
    func `A user without privileges can't see switches, and is told the remedy`() throws {
        let result = try recordAsNobody("--mode", "off-cpu")
        #expect(result.status == .exited(77))
        #expect(result.errors.contains("CAP_PERFMON") && result.errors.contains("kernel.perf_event_paranoid"))
    }

    @Test func `A user without privileges can't sample another's process`() throws {
        let program = try TestProgram("calibrated")
        let copy = try ReadableSonde()
        let command = [copy.path, "record", "-p", "\(program.pid)", "-d", "1", "--sampler", "perf", "-o", "-"]
        let result = try run(Privileges.asNobody(command))
        #expect(result.status == .exited(77))
        #expect(result.errors.contains("belongs to another user") && result.errors.contains("sudo"))
    }
}
