import PprofMessages
import ProfileFormats
import ProfileModel
import Profiles
import SwiftProtobuf
import TestSupport
import Testing

/// What is written is read back, as far as a format holds it.
@Suite struct RoundTripTests {
    private func read(_ bytes: [UInt8]) throws -> Profile { try ProfileReader().profile(reading: bytes) }

    @Test(arguments: [GeneratedProfile.Names.plain, .hostile]) func `JSON holds everything`(
        names: GeneratedProfile.Names
    ) throws {
        for seed in 0..<10 as Range<UInt64> {
            let profile = GeneratedProfile.profile(seed: seed, names: names, hasTimes: seed.isMultiple(of: 2))
            let result = try read(ProfileJSON(profile).bytes)
            #expect(ProfileFacts(result, .all) == ProfileFacts(profile, .all))
            #expect(result.metadata == profile.metadata)
        }
    }

    @Test(arguments: [GeneratedProfile.Names.plain, .hostile]) func `pprof holds everything but times`(
        names: GeneratedProfile.Names
    ) throws {
        for seed in 0..<10 as Range<UInt64> {
            let profile = GeneratedProfile.profile(seed: seed, names: names)
            let detail = ProfileFacts.Detail.all.subtracting(.times)
            let result = try read(try #require(PprofFile(profile)).bytes)
            #expect(ProfileFacts(result, detail) == ProfileFacts(profile, detail))
            #expect(result.metadata == profile.metadata)
        }
    }

    @Test func `Folded stacks hold names, kinds, inlined functions and threads`() throws {
        for seed in 0..<10 as Range<UInt64> {
            let profile = GeneratedProfile.profile(seed: seed)
            let result = try read(Array(FoldedStacks(profile, grouping: .thread).text.utf8))
            let expected = "\(ProfileFacts(profile, .inlines, types: [0]))"
                .replacing("my app", with: "my_app").replacing("IO pool", with: "IO_pool")
            #expect("\(ProfileFacts(result, .inlines))" == expected)
        }
    }

    @Test func `perf's text holds names, addresses, objects, inlined functions, threads and times`() throws {
        for seed in 0..<10 as Range<UInt64> {
            let profile = GeneratedProfile.profile(seed: seed)
            let result = try read(PerfScript(profile).bytes)
            #expect(result.sampleTypes == profile.sampleTypes)
            let detail: ProfileFacts.Detail = [.addresses, .inlines]
            #expect(ProfileFacts(result, detail) == ProfileFacts(profile, detail))
            #expect(Self.sampleTimes(result) == Self.sampleTimes(profile))
            #expect(result.metadata.startNanoseconds == Self.sampleTimes(profile).first)
        }
    }

    @Test func `speedscope's files hold names, lines and threads`() throws {
        for seed in 0..<10 as Range<UInt64> {
            let profile = GeneratedProfile.profile(seed: seed)
            let result = try read(SpeedscopeFile(profile).bytes)
            #expect(result.sampleTypes.map(\.unit) == [.nanoseconds])
            let (actual, expected) = (Self.frames(result, type: 0), Self.frames(profile, type: 1))
            #expect(actual.filter { expected[$0.key] != $0.value } == [:])
            #expect(expected.filter { actual[$0.key] != $0.value } == [:])
        }
    }

    @Test(arguments: [true, false]) func `What was read is written as it was`(hasTimes: Bool) throws {
        for seed in 0..<10 as Range<UInt64> {
            let profile = GeneratedProfile.profile(seed: seed, names: .hostile, hasTimes: hasTimes)
            let folded = FoldedStacks(profile, grouping: .thread).text
            #expect(FoldedStacks(try read(Array(folded.utf8)), grouping: .thread).text == folded)
            // What has no name in an object file gets its address for one when it is read.
            let perf = PerfScript(try read(PerfScript(profile).bytes)).bytes
            #expect(Self.events(PerfScript(try read(perf)).bytes) == Self.events(perf))
            let json = ProfileJSON(try read(ProfileJSON(profile).bytes)).bytes
            #expect(ProfileJSON(try read(json)).bytes == json)
        }
    }

    @Test func `A sample without a time stays one`() throws {
        let profile = GeneratedProfile.profile(seed: 1, hasTimes: false)
        let result = try read(PerfScript(profile).bytes)
        #expect(!result.isEmpty && result.samples.allSatisfy(\.runs.isEmpty))
    }

    @Test func `Functions named like perf's events stay functions in folded stacks`() throws {
        let folded = "loop;work 4397/4398 [000] 1.904690: 10 cpu-clock: x 3\n"
        let profile = try read(Array(folded.utf8))
        #expect(profile.sampleTypes == [.samples] && profile.total(of: .samples) == 3)
        #expect(FoldedStacks(profile, grouping: .thread).text == folded)
        let perf = try read(Array("a;b 1/2 [000] 1.000000000: 10 cpu-clock:\n\t1 f (/x)\n\n".utf8))
        #expect(perf.total(of: .cpu) == 10)
    }

    @Test(arguments: [
        ("3272.904690:", "3272.904690:"), ("a 1.904690:", "a 1.904690:"), ("a b 1.904690:", "a b 1.904690_"),
    ])
    func `A thread named like a time keeps its name in perf's text where that can be`(
        name: String, read expected: String
    ) throws {
        let thread = SampleProfiles.thread(name)
        let stack = SampleProfiles.Stack(locations: [[SampleProfiles.frame("f")]], thread: thread, value: 2)
        let result = try read(PerfScript(SampleProfiles.profile(of: [stack])).bytes)
        #expect(result.total(of: .samples) == 2)
        #expect(result.threads.indices.map { result.thread(at: $0).name } == [expected])
    }

    @Test func `perf's text is empty without a sample, whatever is shown`() {
        let builder = ProfileBuilder(
            metadata: SampleProfiles.metadata(), sampleTypes: [.samples, .cpu], shown: .cpu)
        #expect(PerfScript(builder.finish()).bytes.isEmpty)
    }

    @Test func `A type without a name and a unit is read from pprof`() throws {
        var message = PprofProfile()
        message.stringTable = [""]
        message.sampleType = [PprofValueType()]
        message.sample = [PprofSample.with { $0.value = [5] }]
        let profile = try read(try message.serializedBytes())
        let result = try read(try #require(PprofFile(profile)).bytes)
        #expect(result.sampleTypes == profile.sampleTypes && result.samples.map { Array($0.values) } == [[5]])
    }

    /// UTC, sorted.
    private static func sampleTimes(_ profile: Profile) -> [UInt64] {
        let start = profile.metadata.startNanoseconds ?? 0
        return profile.samples.flatMap { sample in
            sample.runs.all.flatMap { run in
                (0..<run.count).map { start + run.start + (run.end - run.start) * $0 / max(1, run.count - 1) }
            }
        }.sorted()
    }

    /// The values by thread and names with lines.
    private static func frames(_ profile: Profile, type: Int) -> [String: Int64] {
        var result: [String: Int64] = [:]
        for sample in profile.samples {
            let thread = profile.thread(at: sample.thread)
            var row = "\(thread) \(sample.truncation.map { profile[text: $0] } ?? "")"
            var cursor = sample.stack
            while let stack = cursor {
                for line in profile.locations[profile.stacks[stack].location].lines {
                    let function = profile.functions[line.function]
                    row += " \(profile[text: function.name]) \(function.kind) \(line.number ?? 0)"
                    if line.number != nil { row += function.file.map { profile[text: $0] } ?? "" }
                }
                cursor = profile.stacks[stack].caller
            }
            result[row, default: 0] += sample.values[sample.values.startIndex + type]
        }
        return result
    }

    private static func events(_ text: [UInt8]) -> [String] {
        String(decoding: text, as: UTF8.self).split(separator: "\n\n").map(String.init).sorted()
    }
}
