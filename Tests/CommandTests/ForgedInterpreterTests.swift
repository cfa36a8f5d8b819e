import Foundation
import TestSupport
import Testing

/// Targets that look like CPython, and whose structures are traps: they cost bounded time and memory.
@Suite struct ForgedInterpreterTests {
    private static let traps = ["circle", "controls", "wild", "nowhere", "no_code"]
    private static let loop = "_PyEval_EvalFrameDefault"

    @Test(arguments: traps, RecordingWay.allCases)
    func `An interpreter's traps cost little, are counted, and leave native functions`(
        trap: String, way: RecordingWay
    ) throws {
        let program = try TestProgram("forged_interpreter", trap)
        let recording = try WatchedRecording(way, "-p", "\(program.pid)", "-d", "0.5", "-r", "200")
        let result = try recording.finish()
        #expect(result.samples > 0)
        #expect(result.stacks.allSatisfy { $0.passes(["_start", "main", Self.loop]) })
        #expect(result.summary.contains("functions unknown in "), "\(result.summary)")
        #expect((1..<400_000).contains(recording.peakKilobytes), "\(recording.peakKilobytes) KiB")
        #expect(recording.cpuSeconds < 5)
        let functions = try #require(try Dump(of: program).threads.first).frames.map(\.name)
        #expect(functions.contains(Self.loop) && functions.last == "_start")
    }

    @Test(arguments: RecordingWay.allCases)
    func `Of a million frames the inner ones are shown`(way: RecordingWay) throws {
        let program = try TestProgram("forged_interpreter", "deep")
        let result = try record(way, "-p", "\(program.pid)", "-d", "1", "-r", "200")
        #expect(result.samples { $0.passes(["main", "[truncated: too_deep]", "outer (/forged.py)"]) } > 0)
        #expect(result.stacks.allSatisfy { $0.frames.count < 1500 })
    }

    /// So that the traps are seen to be what keeps the others' functions from being shown.
    @Test(arguments: RecordingWay.allCases)
    func `What looks like an interpreter in all that is read is taken for one`(way: RecordingWay) throws {
        let program = try TestProgram("forged_interpreter", "valid")
        let result = try record(way, "-p", "\(program.pid)", "-d", "1", "-r", "200")
        #expect(result.samples { $0.passes(["main", "outer (/forged.py)", "inner (/forged.py)"]) } > 0)
        let functions = try #require(try Dump(of: program).threads.first).frames.map(\.name)
        #expect(functions.starts(with: ["inner", "outer", "main"]))
    }

    @Test func `Of a name of a gigabyte the beginning is shown`() throws {
        let program = try TestProgram("forged_interpreter", "long_name")
        let functions = try #require(try Dump(of: program).threads.first).frames.map(\.name)
        let name = try #require(functions.first)
        #expect(name.hasPrefix("innernnn") && name.hasSuffix("…") && name.utf8.count < 100_000)
        #expect(functions.dropFirst().first == "outer")
    }
}
