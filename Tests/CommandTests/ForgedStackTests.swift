import Foundation
import TestSupport
import Testing

/// Targets whose stacks are traps: they cost bounded time and memory.
@Suite struct ForgedStackTests {
    private static let traps: [[String]] =
        ["kernel", "unmapped", "none", "bottom", "huge", "shared", "device", "text", "chain"].map {
            ["forged_stack", $0]
        }
        + [["corrupt", "cycle"], ["corrupt", "random"]]

    @Test(arguments: traps, RecordingWay.allCases)
    func `A stack pointer into a trap costs little and is told`(command: [String], way: RecordingWay) throws {
        let program = try TestProgram(command[0], command[1])
        let before = try residentPages(of: program)
        let recording = try WatchedRecording(way, "-p", "\(program.pid)", "-d", "0.4", "-r", "200")
        let result = try recording.finish()
        #expect(result.samples > 0 && result.truncatedSamples == result.samples)
        let leaf = command[0] == "corrupt" ? "victim" : "spin_on_forged_stack"
        #expect(result.stacks.allSatisfy { $0.frames.last { !$0.hasSuffix("_[k]") } == leaf })
        try expectCheap(recording, seconds: 3)
        // Reading must not fill the target's memory.
        #expect(try residentPages(of: program) < before + 256)
        // The kernel copies what is in memory, and this stack is not.
        if command[1] == "bottom", way != .events { #expect(!result.summary.contains("unreadable_memory")) }
    }

    @Test(arguments: RecordingWay.allCases) func `A million frames`(way: RecordingWay) throws {
        let path = Locations.testPrograms.appending(path: "recursion").path
        let program = try TestProgram(
            at: "/bin/sh", arguments: ["-c", "ulimit -s unlimited && exec '\(path)' 1000000"])
        let recording = try WatchedRecording(
            way, "-p", "\(program.pid)", "-d", "0.4", "-r", "50", "--max-depth", "100000")
        let result = try recording.finish(within: 60)
        #expect(result.samples > 0 && result.truncatedSamples == result.samples)
        try expectCheap(recording, seconds: 20)
    }

    private func expectCheap(_ recording: WatchedRecording, seconds: Double) throws {
        #expect((1..<400_000).contains(recording.peakKilobytes), "\(recording.peakKilobytes) KiB")
        #expect(recording.cpuSeconds < seconds)
    }

    private func residentPages(of program: TestProgram) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(program.pid)/statm", encoding: .utf8)
        return try #require(Int(text.split(separator: " ")[1]))
    }
}
