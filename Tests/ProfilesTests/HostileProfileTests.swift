import Compression
import PprofMessages
import ProfileFormats
import ProfileModel
import Profiles
import SwiftProtobuf
import TestSupport
import Testing

/// Files that aren't what they seem to be: a typed error with its position, in little time and memory.
@Suite struct HostileProfileTests {
    private static let files: [(name: String, bytes: [UInt8])] = {
        let profile = GeneratedProfile.profile(seed: 3, names: .hostile)
        return [
            ("folded", Array(FoldedStacks(profile, grouping: .thread).text.utf8)),
            ("perf", PerfScript(profile).bytes), ("speedscope", SpeedscopeFile(profile).bytes),
            ("json", ProfileJSON(profile).bytes), ("pprof", PprofFile(profile)?.bytes ?? []),
            ("raw pprof", PprofFile(profile).flatMap { try? Gzip.decompressed($0.bytes, limit: 1 << 20) } ?? []),
        ]
    }()

    private func error(_ bytes: [UInt8], _ limits: ProfileLimits = ProfileLimits()) throws -> ProfileReadingError {
        try #require(throws: ProfileReadingError.self) { try ProfileReader(limits: limits).profile(reading: bytes) }
    }

    @Test(arguments: files.map(\.name)) func `A file that was cut or damaged is read or refused`(name: String) throws {
        let bytes = try #require(Self.files.first { $0.name == name }).bytes
        try #require(bytes.count > 100)
        var random = SeededGenerator(state: 11)
        var refused = 0
        for _ in 0..<150 {
            var damaged = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            for _ in 0..<Int.random(in: 0..<4, using: &random) where !damaged.isEmpty {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do throws(ProfileReadingError) {
                let profile = try ProfileReader().profile(reading: damaged)
                // What was read can be written.
                #expect(PprofFile(profile) != nil && !ProfileJSON(profile).bytes.isEmpty)
            } catch {
                #expect(!error.description.isEmpty)
                refused += 1
            }
        }
        #expect(refused > 0)
    }

    @Test func `A compressed file may not grow without bound`() throws {
        let bomb = try #require(Gzip.compressed([UInt8](repeating: 0x61, count: 8 << 20), .balanced))
        #expect(bomb.count < 20_000)
        #expect(try error(bomb, ProfileLimits(bytes: 1 << 20)).problem == .tooLarge(limit: "1.0 MiB"))
        #expect(try error([UInt8](repeating: 0x61, count: 2_000), ProfileLimits(bytes: 1_000)).problem != .unrecognized)
    }

    @Test func `A compressed file that is cut says where`() throws {
        let file = try #require(PprofFile(SampleProfiles.everyKind)).bytes
        let error = try error(Array(file.dropLast(9)))
        #expect(error.problem == .damagedCompression && error.position == .byte(file.count - 9))
        let twice = try #require(Gzip.compressed(Array("a;b 1\n".utf8), .balanced))
        #expect(try ProfileReader().profile(reading: twice + twice).total(of: .samples) == 2)
    }

    @Test(
        arguments: [
            ("", .empty, nil), ("\n\n", .unrecognized, nil), ("<svg/>", .unrecognized, nil),
            ("{}", .unrecognized, nil),
            ("a;b 3\nb\n", .malformed("a stack, a space and a count are expected"), .line(2)),
            ("{\"schema\":2}", .malformed("schema 1 is expected, not 2"), .byte(11)),
            ("{\"schema\":1,", .malformed("a string is expected"), .byte(12)),
            ("{\"shared\":{},\"profiles\":[]}", .malformed("the member frames is expected"), .byte(10)),
        ] as [(String, ProfileReadingError.Problem, ProfileReadingError.Position?)])
    func `An error says what is wrong, and where`(
        text: String, problem: ProfileReadingError.Problem, position: ProfileReadingError.Position?
    ) throws {
        let error = try error(Array(text.utf8))
        #expect(error.problem == problem && error.position == position, "\(error)")
    }

    @Test func `Deep nesting is no deep recursion`() throws {
        let deep = Array(("{\"schema\":1,\"x\":" + String(repeating: "[", count: 1_000_000)).utf8)
        #expect(try error(deep).description.contains("nested too deeply"))
    }

    @Test func `Tables, stacks and messages have limits`() throws {
        let stacks = (0..<100).map { "t;a\($0) 1\n" }.joined()
        #expect(try error(Array(stacks.utf8), ProfileLimits(rows: 50)).description.contains("50 names"))
        let deep = "t;" + (0..<100).map { "f\($0)" }.joined(separator: ";") + " 1\n"
        #expect(try error(Array(deep.utf8), ProfileLimits(depth: 10)).description.contains("10 frames"))
        let inlined = "t;f" + String(repeating: ";g_[i]", count: 50_000) + " 1\n"
        #expect(try ProfileReader().profile(reading: Array(inlined.utf8)).locations.rows.map(\.lines.count) == [50_001])
        // Two bytes for each string: a file that is small for its tables.
        let empty: [UInt8] = [0x0A, 0x02, 0x08, 0x01] + [[UInt8]](repeating: [0x32, 0x00], count: 100).joined()
        #expect(try error(empty, ProfileLimits(rows: 50)).position == .byte(4 + 2 * 50))
    }

    @Test func `What a sample refers to has to be there`() throws {
        var message = PprofProfile()
        message.stringTable = ["", "cpu", "count"]
        message.sampleType = [PprofValueType.with { ($0.type, $0.unit) = (1, 2) }]
        message.sample = [PprofSample.with { ($0.locationID, $0.value) = ([7], [1]) }]
        #expect(try error(try message.serializedBytes()).description.contains("there is no location 7"))
        message.sample[0].value = [1, 2]
        #expect(try error(try message.serializedBytes()).description.contains("2 values where there are 1 types"))
        message.sample = []
        message.location = [PprofLocation.with { ($0.id, $0.mappingID) = (1, 9) }]
        #expect(try error(try message.serializedBytes()).description.contains("there is no mapping 9"))
        message.location[0].mappingID = 0
        message.location[0].line = [PprofLine.with { $0.functionID = .max }]
        #expect(try error(try message.serializedBytes()).description.contains("there is no function"))
    }

    @Test func `Lines and numbers of processes that no program has are written and read again`() throws {
        var message = PprofProfile()
        message.stringTable = ["", "cpu", "count", "f", "pid"]
        message.sampleType = [PprofValueType.with { ($0.type, $0.unit) = (1, 2) }]
        message.function = [PprofFunction.with { ($0.id, $0.name, $0.startLine) = (1, 3, .max) }]
        message.location = [PprofLocation.with { $0.id = 1 }]
        message.location[0].line = [PprofLine.with { ($0.functionID, $0.line) = (1, .max) }]
        message.sample = [PprofSample.with { ($0.locationID, $0.value) = ([1], [5]) }]
        message.sample[0].label = [PprofLabel.with { ($0.key, $0.num) = (4, -7) }]
        message.comment = []
        let profile = try ProfileReader().profile(reading: try message.serializedBytes())
        #expect(profile.thread(at: try #require(profile.samples.first).thread).process == nil)
        for file in [ProfileJSON(profile).bytes, try #require(PprofFile(profile)).bytes, SpeedscopeFile(profile).bytes]
        {
            #expect(try ProfileReader().profile(reading: file).locations.rows[0].lines[0].number == .max)
        }
    }

    @Test func `Counts beyond all numbers saturate`() throws {
        let profile = try ProfileReader().profile(reading: Array("t;a 99999999999999999999\nt;b 5\nt;c 2.5\n".utf8))
        #expect(profile.total(of: .samples) == .max)
    }

    @Test func `The frames of all samples together are limited`() throws {
        let deep = (0..<300).map { "f\($0)" }
        let stacks = (0..<50).map {
            SampleProfiles.Stack(
                locations: deep.map { [SampleProfiles.frame($0)] }, thread: SampleProfiles.thread("t\($0)"), value: 1)
        }
        let profile = SampleProfiles.profile(of: stacks)
        let limits = ProfileLimits(frames: 10_000)
        for bytes in [
            ProfileJSON(profile).bytes, try #require(PprofFile(profile)).bytes, SpeedscopeFile(profile).bytes,
        ] {
            let error = try error(bytes, limits)
            #expect(error.problem == .tooLarge(limit: "10000 frames in all stacks") && error.position != nil)
            #expect(try ProfileReader().profile(reading: bytes).total(of: .samples) == 50)
        }
    }

    @Test func `Calls without an end, comments and counts take no more rows than allowed`() throws {
        let calls = (0..<2_000).map { "{\"type\":\"O\",\"at\":0,\"frame\":\($0 % 2)}" }.joined(separator: ",")
        let speedscope = """
            {"$schema":"x","shared":{"frames":[{"name":"f"},{"name":"g"}]},"profiles":[{"type":"evented","name":"t",
            "unit":"seconds","startValue":0,"endValue":1,"events":[\(calls)]}]}
            """
        let json = String(decoding: ProfileJSON(SampleProfiles.everyKind).bytes, as: UTF8.self)
        let remarks = Array(repeating: "\"\"", count: 2_000).joined(separator: ",")
        let numbers = Array(repeating: "1", count: 2_000).joined(separator: ",")
        let files = [
            speedscope, json.replacing("\"comments\":[]", with: "\"comments\":[\(remarks)]"),
            json.replacing("\"processes\":[4242]", with: "\"processes\":[\(numbers)]"),
        ]
        for file in files {
            let error = try error(Array(file.utf8), ProfileLimits(rows: 1_000))
            #expect(error.problem == .tooLarge(limit: "1000 names, locations and stacks") && error.position != nil)
        }
    }

    @Test func `Lines of one location are limited`() throws {
        var file = PprofProfile()
        file.stringTable = ["", "samples", "count", "f"]
        file.sampleType = [PprofValueType.with { ($0.type, $0.unit) = (1, 2) }]
        file.function = [PprofFunction.with { ($0.id, $0.name) = (1, 3) }]
        file.location = [
            PprofLocation.with { location in
                location.id = 1
                location.line = (0..<2_000).map { _ in PprofLine.with { $0.functionID = 1 } }
            }
        ]
        let error = try error(Array(try file.serializedData()), ProfileLimits(depth: 1_000))
        #expect(error.problem == .tooLarge(limit: "1000 frames in a stack") && error.position != nil)
    }
}
