import Foundation
import TestSupport
import Testing

/// A `sonde record` that runs beside the test, whose use of descriptors, memory and CPU time is watched.
final class WatchedRecording {
    private let child: Child
    private let directory: TemporaryDirectory
    private var path: String { "\(directory.path)/x.folded" }
    /// The most descriptors that were seen open at once.
    private(set) var descriptors = 0
    /// The most memory that it had resident, in KiB.
    private(set) var peakKilobytes = 0
    /// CPU time, in seconds.
    private(set) var cpuSeconds = 0.0

    init(_ way: RecordingWay, _ arguments: String...) throws {
        directory = try TemporaryDirectory()
        child = try Child(
            [Locations.sonde.path, "record", "-v", "-f", "folded", "-o", "\(directory.path)/x.folded"] + way.arguments
                + arguments)
    }

    /// Records `exits` up to its end, which comes when there are samples of it.
    static func ofEndingProgram(_ way: RecordingWay) throws -> FoldedRecording {
        let program = try TestProgram("exits", "60000")
        let recording = try WatchedRecording(way, "-p", "\(program.pid)", "-r", "500")
        try recording.waitUntilItSamples(sleeps: 60)
        program.send(signal: SIGUSR1)
        return try recording.finish()
    }

    /// Waits until its sampler has slept between some ticks.
    func waitUntilItSamples(sleeps: Int = 5) throws {
        let hasStarted = eventually { samplerSleeps(in: child.pid) > sleeps }
        try #require(hasStarted)
    }

    func send(signal: Int32) { child.send(signal: signal) }

    /// Waits for its end and for what it wrote; it has to succeed.
    func finish(within limit: Double = 30) throws -> FoldedRecording {
        let result = try end(within: limit)
        guard result.status == .exited(0) else {
            throw TestSupportError.failed(command: child.command, status: result.status, output: result.errors)
        }
        return try FoldedRecording(parsing: String(contentsOfFile: path, encoding: .utf8), summary: result.errors)
    }

    /// Waits for its end, however it comes.
    func end(within limit: Double = 30) throws -> (status: TestSupport.ExitStatus, errors: String) {
        let hasEnded = eventually(within: limit) { look() }
        try #require(hasEnded, "\(child.command) goes on")
        let status = try child.exitStatus()
        child.waitForOutput()
        return (status, String(decoding: child.standardError, as: UTF8.self))
    }

    /// Notes what it uses; returns whether it has ended.
    private func look() -> Bool {
        descriptors = max(descriptors, openDescriptors)
        peakKilobytes = max(peakKilobytes, peak ?? 0)
        guard let stat = try? String(contentsOfFile: "/proc/\(child.pid)/stat", encoding: .utf8) else { return true }
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12 else { return false }
        // utime and stime, in clock ticks: proc_pid_stat(5).
        cpuSeconds = fields[11...12].compactMap { Double($0) }.reduce(0, +) / Double(sysconf(Int32(_SC_CLK_TCK)))
        return fields[0] == "Z"
    }

    private var openDescriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(child.pid)/fd").count) ?? 0
    }

    private var peak: Int? {
        let status = try? String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)
        let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split { $0 == " " || $0 == "\t" }.dropFirst().first.flatMap { Int($0) }
    }
}
