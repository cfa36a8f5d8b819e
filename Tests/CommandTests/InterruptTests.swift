import Foundation
import TestSupport
import Testing

/// Ctrl-C and its relatives.
@Suite struct InterruptTests {
    private let program: TestProgram
    private let directory: TemporaryDirectory

    init() throws {
        program = try TestProgram("calibrated")
        directory = try TemporaryDirectory()
    }

    private var path: String { "\(directory.path)/x.folded" }

    /// Starts a recording without an end.
    private func start(_ arguments: String...) throws -> Child {
        try Child([Locations.sonde.path, "record", "-f", "folded", "-o", path] + arguments)
    }

    /// Waits until `recording` has used some CPU time after opening its first target, which it does when it samples.
    private func waitForSamples(_ recording: Child) throws {
        let isSampling = eventually {
            let tasks = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(recording.pid)/task")
            let switches = (tasks ?? []).compactMap {
                voluntarySwitches(statusFile: "/proc/\(recording.pid)/task/\($0)/status")
            }
            // The main thread, the sampler and the collector; the sampler sleeps between ticks.
            return switches.count >= 3 && switches.max() ?? 0 > 60
        }
        try #require(isSampling)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func `A signal ends the recording and keeps it`(signal: Int32) throws {
        let recording = try start("-p", "\(program.pid)", "-r", "500")
        try waitForSamples(recording)
        recording.send(signal: signal)
        #expect(try recording.exitStatus() == .exited(0))
        recording.waitForOutput()
        let summary = String(decoding: recording.standardError, as: UTF8.self)
        #expect(summary.contains("until interrupted"))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let result = try FoldedRecording(parsing: text, summary: summary)
        #expect(result.samples > 0 && result.samples == result.summaryNumber("samples"))
    }

    @Test func `Ctrl-C before there is a sample`() throws {
        let sleeper = try TestProgram("threads", "2", "0")
        let recording = try start("-p", "\(sleeper.pid)", "-r", "500")
        try waitForSamples(recording)
        recording.send(signal: SIGINT)
        #expect(try recording.exitStatus() == .exited(130))
        recording.waitForOutput()
        #expect(String(decoding: recording.standardError, as: UTF8.self).contains("before a sample was taken"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
    }

    @Test func `A second Ctrl-C leaves at once`() throws {
        try run(["/usr/bin/mkfifo", path]).expectSuccess()
        // Held up by a full pipe that nobody reads.
        let reader = try Child(["/bin/sh", "-c", "exec 3<'\(path)'; echo ready; exec sleep 1000"])
        let recording = try start("-p", "\(program.pid)", "-r", "500")
        #expect(try reader.line() == "ready")
        try waitForSamples(recording)
        recording.send(signal: SIGSTOP)
        recording.send(signal: SIGINT)
        recording.send(signal: SIGTERM)
        recording.send(signal: SIGCONT)
        let status = try recording.exitStatus()
        #expect([.signalled(SIGINT), .signalled(SIGTERM)].contains(status))
    }

    @Test func `Ctrl-C in a terminal reaches the command too, and its samples are kept`() throws {
        let command = Locations.testPrograms.appending(path: "calibrated").path
        let recording = try start("-r", "500", "--", command)
        try recording.line { $0 == "ready" }
        try waitForSamples(recording)
        recording.send(signal: SIGINT)
        #expect(try recording.exitStatus() == .exited(0))
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("hot"))
    }
}

extension CommandResult {
    fileprivate func expectSuccess() { #expect(status == .exited(0), "\(errors)") }
}
