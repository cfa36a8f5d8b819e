import Compression
import Foundation
import PprofMessages
import ProfileFormats
import ProfileModel
import Profiles
import SwiftProtobuf
import TestSupport
import Testing

@Suite struct PprofTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func message(_ profile: Profile) throws -> PprofProfile {
        let file = try #require(PprofFile(profile)).bytes
        return try PprofProfile(serializedBytes: try Gzip.decompressed(file, limit: 1 << 20))
    }

    private func pprof(_ profile: Profile, _ option: String) throws -> String {
        let path = directory.url.appending(path: "profile.pb.gz")
        try Data(try #require(PprofFile(profile)).bytes).write(to: path)
        let result = try run(["go", "tool", "pprof", option, path.path], environment: ["HOME": directory.path])
        #expect(result.status == .exited(0), "\(result.errors)")
        return result.output
    }

    private static var inlined: Profile {
        let metadata = SampleProfiles.metadata()
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: [.samples, .cpu], shown: .samples)
        let libc = builder.mapping(path: "/usr/lib/libc.so.6")
        let main = builder.mapping(
            path: "/usr/bin/worker", buildID: BuildID(bytes: [0xAB, 0xCD]),
            segment: CodeSegment(
                start: FileAddress(rawValue: 0x1000), limit: FileAddress(rawValue: 0x3000), fileOffset: 0x800))
        let read = builder.location(
            at: .object(libc, FileAddress(rawValue: 0x55)), frames: [SampleProfiles.frame("read")])
        let parse = builder.location(
            at: .object(main, FileAddress(rawValue: 0x1234)),
            frames: [
                Frame(
                    name: "skip()", systemName: "_Z4skipv", kind: .native, object: nil,
                    source: SourcePosition(file: "a.cpp", line: 12, functionLine: 10)),
                Frame(
                    name: "parse()", kind: .native, object: nil,
                    source: SourcePosition(file: "b.cpp", line: 7, functionLine: 3)),
            ])
        builder.add(
            stack: [read, parse], thread: ProfiledThread(SampleProfiles.thread("io", thread: 4243)),
            truncation: "frame_limit", values: [3, 30_303_030])
        return builder.finish()
    }

    @Test func `Every field of the format has its value`() throws {
        let message = try message(Self.inlined)
        func text(_ index: Int64) -> String { message.stringTable[Int(index)] }
        #expect(message.stringTable.first == "")
        #expect(message.sampleType.map { text($0.type) + "/" + text($0.unit) } == ["samples/count", "cpu/nanoseconds"])
        #expect(text(message.defaultSampleType) == "samples")
        #expect(text(message.periodType.type) == "cpu" && message.period == 10_101_010)
        #expect(message.timeNanos == 1_785_220_442_000_000_000 && message.durationNanos == 30_000_000_000)
        #expect(message.comment.map(text).prefix(2) == ["sonde \(Version.text)", "command: worker --threads 4"])
        let main = try #require(message.mapping.first)
        #expect(text(main.filename) == "/usr/bin/worker" && text(main.buildID) == "abcd")
        #expect((main.memoryStart, main.memoryLimit, main.fileOffset) == (0x1000, 0x3000, 0x800))
        #expect(main.hasFunctions_p && main.hasFilenames_p && main.hasLineNumbers_p && main.hasInlineFrames_p)
        #expect(!message.mapping[1].hasFilenames_p && message.mapping[1].hasFunctions_p)
        let sample = try #require(message.sample.first)
        #expect(sample.value == [3, 30_303_030])
        let labels = sample.label.map { "\(text($0.key))=\($0.str == 0 ? String($0.num) : text($0.str))" }
        #expect(labels == ["pid=4242", "thread_id=4243", "thread_comm=io", "comm=worker"])
        let stack = sample.locationID.compactMap { id in message.location.first { $0.id == id } }
        let functions = stack.map { location in
            location.line.compactMap { line in
                message.function.first { $0.id == line.functionID }
                    .map { "\(text($0.name)) \(text($0.systemName)) \(text($0.filename)) \(line.line) \($0.startLine)" }
            }
        }
        #expect(
            functions == [
                ["read read  0 0"], ["skip() _Z4skipv a.cpp 12 10", "parse() parse() b.cpp 7 3"],
                ["[truncated: frame_limit] [truncated: frame_limit]  0 0"],
            ])
    }

    @Test func `go tool pprof reads it`() throws {
        let raw = try pprof(Self.inlined, "-raw")
        #expect(raw.contains("samples/count[dflt] cpu/nanoseconds"))
        #expect(raw.contains("Period: 10101010") && raw.contains("/usr/bin/worker abcd [FN][FL][LN][IN]"))
        #expect(raw.contains("skip() a.cpp:12 s=10") && raw.contains("parse() b.cpp:7 s=3"))
        let top = try pprof(SampleProfiles.everyKind, "-top")
        #expect(top.contains("Total samples = 3102") || top.contains("of 3102 total"))
        #expect(top.contains(#/640 20\.63% .* memcpy/#) && top.contains("[truncated: frame_limit]"))
    }

    @Test func `A period and labels of processes are only what is known`() throws {
        let offCPU = try message(SampleProfiles.profile([(["f"], 5)], type: .offCPU))
        #expect(offCPU.period == 0 && !offCPU.hasPeriodType)
        var builder = ProfileBuilder(
            metadata: ProfileMetadata(command: "x"), sampleTypes: [.samples], shown: .samples)
        builder.add(
            stack: [], thread: ProfiledThread(process: nil, thread: nil, name: "a", processName: "b"), values: [1])
        let unknown = try message(builder.finish())
        #expect(unknown.sample.map(\.label.count) == [2] && unknown.timeNanos == 0 && unknown.mapping.isEmpty)
    }

    @Test func `Go's CPU profile is read`() throws {
        let profile = try ProfileReader().profile(reading: ForeignFiles.bytes("go-cpu.pb.gz"))
        #expect(profile.sampleTypes == [.samples, .cpu] && profile.shownSampleType == .cpu)
        #expect(profile.metadata.rateHertz == 100 && profile.metadata.command == "parser")
        #expect(profile.total(of: .samples) == 9)
        let folded = FoldedStacks(profile, grouping: .process).text
        #expect(
            folded.contains("parser;runtime.main;main.main;main.parse;main.step_[i];strings.Count;countbody 60000\n"))
    }

    @Test func `Go's heap profile is read and written without a loss`() throws {
        let profile = try ProfileReader().profile(reading: ForeignFiles.bytes("go-heap.pb.gz"))
        #expect(
            profile.sampleTypes.map { "\($0.name)/\($0.unit.name)" } == [
                "alloc_objects/count", "alloc_space/bytes", "inuse_objects/count", "inuse_space/bytes",
            ])
        #expect(profile.shownSampleType.name == "inuse_space")
        let result = try ProfileReader().profile(reading: try #require(PprofFile(profile)).bytes)
        #expect(ProfileFacts(result, .all) == ProfileFacts(profile, .all))
        #expect(try pprof(profile, "-top").contains("main.main"))
    }

    @Test func `A function's first line is read`() throws {
        let profile = try ProfileReader().profile(reading: ForeignFiles.bytes("go-1.27-cpu.pb.gz"))
        let parse = profile.functions.rows.first { profile[text: $0.name] == "main.parse" }
        #expect(parse?.startLine == 14)
        // Go's compiler takes profiles that have these lines.
        let result = try ProfileReader().profile(reading: try #require(PprofFile(profile)).bytes)
        #expect(ProfileFacts(result, .all) == ProfileFacts(profile, .all))
    }

    @Test func `Units of time become nanoseconds, and unknown ones stay`() throws {
        var message = PprofProfile()
        message.stringTable = ["", "lock", "milliseconds", "energy", "joules", "f"]
        message.sampleType = [
            PprofValueType.with { ($0.type, $0.unit) = (1, 2) }, PprofValueType.with { ($0.type, $0.unit) = (3, 4) },
        ]
        message.function = [PprofFunction.with { ($0.id, $0.name) = (1, 5) }]
        message.location = [
            PprofLocation.with {
                $0.id = 1
                $0.line = [PprofLine.with { $0.functionID = 1 }]
            }
        ]
        message.sample = [PprofSample.with { ($0.locationID, $0.value) = ([1], [5, .max]) }]
        let profile = try ProfileReader().profile(reading: try message.serializedBytes())
        #expect(profile.sampleTypes.map(\.unit) == [.nanoseconds, .other("joules")])
        #expect(profile.samples.map { Array($0.values) } == [[5_000_000, .max]])
    }
}

/// Files of other producers.
enum ForeignFiles {
    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: Locations.checkout.appending(path: "Tests/ProfilesTests/Foreign/\(name)")))
    }
}
