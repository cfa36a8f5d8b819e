import ProfileFormats
import ProfileModel
import Profiles
import SyntheticProfiles
import TestSupport
import Testing

@Suite struct HTMLPageTests {
    private static let profiles = [
        SampleProfiles.everyKind, TimedProfile.profile, SampleProfiles.empty, SyntheticProfile.minute.profile,
    ]

    @Test(arguments: profiles)
    func tablesHoldTheProfile(profile: Profile) throws {
        let page = try PageFile(try Self.bytes(profile))
        let expected = profile.samples.map { sample in
            PageFile.Sample(
                path: Self.path(of: sample, in: profile),
                thread: Grouping.thread.rowName(for: profile.thread(at: sample.thread)),
                truncation: sample.truncation.map(profile.truncationRow),
                value: UInt64(profile.shownValue(of: sample)))
        }
        #expect(Set(page.samples) == Set(expected))
        #expect(page.samples.count == expected.count)
    }

    @Test func functionsKnowTheirObjectAndFile() throws {
        let rows = try PageFile(try Self.bytes(TimedProfile.profile)).rows
        let native = 1
        #expect(
            rows.contains(
                PageFile.Row(name: "skipSpace", kind: native, object: "/usr/bin/worker", file: "/src/worker.cc")))
        let kernel = try PageFile(try Self.bytes(SampleProfiles.everyKind)).rows.first { $0.name == "vfs_read" }
        #expect(kernel?.kind == 3)
        #expect(kernel?.file == nil)
    }

    @Test func timesAreThoseOfTheRuns() throws {
        let page = try PageFile(try Self.bytes(TimedProfile.profile))
        #expect(page.attribute("time-unit") == "1000")
        #expect(page.attribute("duration") == "10000000000")
        let runs = try #require(page.runs)
        #expect(runs.map(\.start) == [0, 3_000_000, 5_000_000, 9_000_000])
        #expect(runs.map(\.count) == [300, 200, 400, 100])
        #expect(runs.map(\.length) == [2_990_000, 1_990_000, 3_990_000, 990_000])
        #expect(runs.map { page.samples[$0.sample].value } == [300, 200, 400, 100])
    }

    @Test func everySampleOfARealSizeHasItsTime() throws {
        let profile = SyntheticProfile.minute.profile
        let page = try PageFile(try Self.bytes(profile))
        let unit = try #require(page.attribute("time-unit").flatMap(UInt64.init))
        var expected: [String: [UInt64]] = [:]
        for sample in profile.samples {
            let thread = Grouping.thread.rowName(for: profile.thread(at: sample.thread))
            let key = Self.key(Self.path(of: sample, in: profile), thread)
            sample.runs.forEach { expected[key, default: []].append($0.start / unit) }
        }
        var found: [String: [UInt64]] = [:]
        for run in try #require(page.runs) {
            let sample = page.samples[run.sample]
            found[Self.key(sample.path, sample.thread), default: []].append(run.start)
        }
        #expect(found.count > 500)
        #expect(found == expected.mapValues { $0.sorted() })
    }

    @Test func longTimesAreCountedInCoarserUnits() throws {
        var builder = ProfileBuilder(metadata: SampleProfiles.metadata(), sampleTypes: [.samples], shown: .samples)
        let location = builder.location(at: .process(Address(rawValue: 1)), frames: [SampleProfiles.frame("f")])
        var runs = SampleRuns()
        runs.append(SampleRuns.Run(start: 5_000_000, end: .max, count: 1 << 62))
        builder.add(stack: [location], thread: ProfiledThread(SampleProfiles.thread()), values: [1], runs: runs)
        let page = try PageFile(try Self.bytes(builder.finish()))
        #expect(page.attribute("time-unit") == "1000000000000")
        #expect(page.runs == [PageFile.Run(start: 0, sample: 0, count: 1 << 62, length: 18_446_744)])
    }

    @Test func aProfileWithoutTimesHasNone() throws {
        let page = try PageFile(try Self.bytes(SampleProfiles.everyKind))
        #expect(page.runs == nil)
        #expect(page.attribute("timed") == "false")
        #expect(page.text.contains("<dt>Without a time</dt><dd>100.00% of the samples</dd>"))
    }

    @Test func theHeadSaysWhatIsMissing() throws {
        let text = try PageFile(try Self.bytes(TimedProfile.profile)).text
        #expect(text.contains("<dt>Truncated stacks</dt><dd>100 (10.00%): frame_limit: 100</dd>"))
        #expect(text.contains("<dt>Lost samples</dt><dd>7: queue_full: 7</dd>"))
        #expect(text.contains("<dt>Frames without a symbol</dt><dd>30, of these in worker: 20, libc.so.6: 10</dd>"))
        #expect(text.contains("<dt>Values</dt><dd>samples (count); not shown: cpu</dd>"))
        #expect(!text.contains("Without a time"))
    }

    @Test func negativeValuesAreNothing() throws {
        let page = try PageFile(try Self.bytes(SampleProfiles.profile([(["f"], -5), (["g"], 3)])))
        #expect(page.samples.map(\.value).sorted() == [0, 3])
    }

    @Test func theSameProfileGivesTheSameBytes() throws {
        #expect(try Self.bytes(SampleProfiles.everyKind) == Self.bytes(SampleProfiles.everyKind))
    }

    @Test(arguments: HostileNames.all) func namesAreNoMarkup(name: String) throws {
        let stack = SampleProfiles.Stack(
            locations: [[SampleProfiles.frame(name)]], thread: SampleProfiles.thread(name), value: 1)
        let profile = SampleProfiles.profile(of: [stack], metadata: SampleProfiles.metadata(command: name))
        let page = try PageFile(try Self.bytes(profile))
        #expect(page.samples.count == 1)
        #expect(page.text.ranges(of: "<script").count == 2)
        #expect(page.text.ranges(of: "</script").count == 2)
        #expect(page.text.ranges(of: "</title>").count == 1)
        #expect(!page.text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }

    @Test(arguments: HostileNames.all) func `Names of a comparison are no markup`(name: String) throws {
        var random = SeededGenerator(state: 1)
        let metadata = SampleProfiles.metadata(command: name)
        let profiles = [["main", name], [name, "main"]].map { stack in
            PhasedProgram([(stack, 1)]).record(200, metadata: metadata, using: &random)
        }
        let page = try PageFile(try DifferentialPage(ProfileComparison(profiles[0], profiles[1])).bytes)
        #expect(page.samples.count == 2)
        #expect(page.text.ranges(of: "<script").count == 3)
        #expect(page.text.ranges(of: "</script").count == 3)
        #expect(page.text.ranges(of: "</title>").count == 1)
        #expect(!page.text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }

    @Test func onlyItsOwnScriptMayRun() throws {
        let text = try PageFile(try Self.bytes(TimedProfile.profile)).text
        let nonce = try #require(text.firstMatch(of: /script-src 'nonce-([0-9a-f]{16})'/)?.1)
        #expect(text.contains("default-src 'none'; "))
        #expect(text.contains("<script nonce=\"\(nonce)\">"))
        // The names of XML namespaces are no addresses.
        #expect(text.ranges(of: "http://").count == text.ranges(of: "http://www.w3.org/").count)
        #expect(!text.contains("https://"))
    }

    private static func bytes(_ profile: Profile) throws -> [UInt8] { try HTMLPage(profile, grouping: .process).bytes }

    private static func key(_ path: [String], _ thread: String) -> String { "\(thread) \(path.joined(separator: ";"))" }

    private static func path(of sample: Profile.Sample, in profile: Profile) -> [String] {
        var path: [String] = []
        var cursor = sample.stack
        while let stack = cursor {
            let rows = profile.locations[profile.stacks[stack].location].rows(in: profile)
            path += rows.reversed().map { $0.name.text + ($0.kind == .inlined ? "+" : "") }
            cursor = profile.stacks[stack].caller
        }
        return path.reversed()
    }
}
