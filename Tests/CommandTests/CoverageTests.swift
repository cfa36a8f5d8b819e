import Foundation
import TestSupport
import Testing

/// Whether samples stand for the CPU time that a target used, and what is said when they don't.
@Suite(.enabled(if: Privileges.isRoot)) struct CoverageTests {
    private static let hasProcessors = ProcessInfo.processInfo.activeProcessorCount > 1

    private func onProcessor(_ processor: Int, _ pid: Int32) throws {
        let result = try run(["/usr/bin/taskset", "-a", "-p", "-c", "\(processor)", "\(pid)"])
        try #require(result.status == .exited(0), "\(result.errors)")
    }

    /// Whether the samples stand for all CPU time, within their error, and for what a hypervisor took at most.
    private func isCovered(_ recording: MeasuredRecording) -> Bool {
        let figures = recording.figures
        let (all, covered) = (Double(figures.cpuNanoseconds), Double(figures.coveredCpuNanoseconds))
        let error = 4.5 * Double(figures.coverageErrorNanoseconds) + 0.1 * all
        return covered >= all - error && covered <= all + error + recording.stolenNanoseconds
    }

    /// redis and its load on two CPUs, or both on one.
    ///
    /// At 500 Hz, a sampler without optimisation works for more of the time than it may to keep its priority.
    @Test(arguments: [[0, 1], [0, 0]])
    func `A server that sleeps and wakes all the time gets the samples that its CPU time calls for`(
        processors: [Int]
    ) throws {
        try #require(Self.hasProcessors)
        let server = try Server.redis()
        let load = try server.startRedisLoad()
        try onProcessor(processors[0], server.pid)
        try onProcessor(processors[1], load.pid)
        let recording = try MeasuredRecording("-p", "\(server.pid)", "-d", "4", "-r", "200", "--sampler", "ptrace")
        let figures = recording.figures
        #expect(figures.samples > 100 && isCovered(recording), "\(figures)")
        #expect(figures.samplesStopped + figures.samplesGoingToSleep == figures.samples)
        #expect(recording.truncatedShare < 0.05)
        load.kill()
    }

    @Test func `Two threads that wake each other on one CPU get their samples`() throws {
        let program = try TestProgram("ping_pong", "20000")
        try onProcessor(0, program.pid)
        let recording = try MeasuredRecording("-p", "\(program.pid)", "-d", "3", "-r", "200", "--sampler", "ptrace")
        #expect(recording.figures.samples > 100 && isCovered(recording), "\(recording.figures)")
    }

    /// The one that runs hands over before the sampler has polled it, which has taken the other's CPU; or it is seen, hands over,
    /// and the other one is seen, too.
    ///
    /// How often that happens depends on where the kernel puts them.
    @Test(.enabled(if: hasProcessors))
    func `Two threads that wake each other across CPUs get their samples, or what differs is reported`() throws {
        let program = try TestProgram("ping_pong", "20000")
        let recording = try MeasuredRecording("-p", "\(program.pid)", "-d", "3", "-r", "200", "--sampler", "ptrace")
        let (figures, errors) = (recording.figures, recording.folded.summary)
        let isTold = errors.contains("of the CPU time") && errors.contains("--sampler perf")
        #expect(figures.samples > 100 && (isCovered(recording) || isTold), "\(figures) \(errors)")
    }

    @Test func `A thread that runs on gets its samples from stops`() throws {
        let program = try TestProgram("calibrated")
        // On a busy host stops alone can be reason enough to leave.
        let options = ["-d", "2", "-r", "100", "--stop-budget", "50"]
        let recording = try MeasuredRecording(["-p", "\(program.pid)"] + options)
        let figures = recording.figures
        #expect(figures.sampler == "ptrace" && figures.samples > 100 && isCovered(recording), "\(figures)")
    }

    /// Sonde takes the only CPU that it may use from the server's load, and finds the server asleep.
    ///
    /// At 500 Hz, a sampler without optimisation would soon have to wait for the load, and find the server at work.
    private func recordFromAfar(_ arguments: String...) throws -> (recording: MeasuredRecording, errors: String) {
        let server = try Server.redis()
        let load = try server.startRedisLoad()
        try onProcessor(0, server.pid)
        try onProcessor(1, load.pid)
        defer { load.kill() }
        let recording = try MeasuredRecording(
            ["-p", "\(server.pid)", "-d", "8", "-r", "200"] + arguments, after: ["/usr/bin/taskset", "-c", "1"])
        return (recording, recording.folded.summary)
    }

    @Test(.enabled(if: hasProcessors)) func `A shortfall is told, with the remedy`() throws {
        let (recording, errors) = try recordFromAfar("--sampler", "ptrace")
        #expect(recording.figures.coveredCpuNanoseconds < recording.figures.cpuNanoseconds * 9 / 10)
        #expect(errors.contains("of the CPU time") && errors.contains("--sampler perf"), "\(errors)")
    }

    @Test(.enabled(if: hasProcessors)) func `After a shortfall, events go on where stops left off`() throws {
        // On a busy host stops alone can be reason enough to leave.
        let (recording, _) = try recordFromAfar("--stop-budget", "50")
        let figures = recording.figures
        #expect(figures.sampler == "perf" && figures.samplerReason == "poor_coverage", "\(figures)")
        #expect(figures.samplesStopped > 0 && figures.samplesCopied > figures.samplesStopped, "\(figures)")
    }
}
