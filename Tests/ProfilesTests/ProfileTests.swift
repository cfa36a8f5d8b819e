import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

@Suite struct ProfileTests {
    @Test func equalStacksShareOneRowAndAddUp() {
        let profile = SampleProfiles.profile([(["main", "a"], 3), (["main", "a"], 4), (["main", "b"], 1)])
        #expect(profile.stacks.count == 3)
        #expect(profile.frames.count == 3)
        #expect(profile.samples.map(\.weight) == [7, 1])
        #expect(profile.totalWeight == 8)
    }

    @Test func callersPrecedeTheirCallees() {
        let stacks = SampleProfiles.everyKind.stacks
        #expect(zip(stacks.indices, stacks.rows).allSatisfy { index, row in row.caller.map { $0 < index } ?? true })
    }

    @Test func namesThatDifferOnlyInTheirNormalizationAreTwo() {
        let profile = SampleProfiles.profile([(["e\u{301}"], 1), (["\u{e9}"], 1)])
        #expect(profile.frames.count == 2)
    }

    @Test func weightsSaturateTogether() {
        let profile = SampleProfiles.profile([(["a"], .max - 1), (["b"], 5), (["c"], 5)])
        #expect(profile.totalWeight == .max)
        #expect(profile.samples.map(\.weight) == [.max - 1, 1])
    }

    @Test func aSampleOfNoWeightIsNone() {
        let profile = SampleProfiles.profile([(["a"], 0)])
        #expect(profile.isEmpty)
        #expect(Array(profile.samples).isEmpty)
    }

    @Test func recursionCountsOnceInTheTotal() {
        let profile = SampleProfiles.profile([(["main", "f", "g", "f"], 2), (["main", "f"], 3), (["main", "g"], 1)])
        let top = profile.top(10).map { "\($0.name) \($0.selfWeight) \($0.totalWeight)" }
        #expect(top == ["f 5 5", "g 1 3", "main 0 6"])
        #expect(profile.top(1).count == 1)
        #expect(profile.top(-1).isEmpty)
    }

    @Test func anInlinedCallCountsAsTheFunction() {
        var profile = SampleProfiles.profile([(["main", "f"], 2)])
        let stack = [SampleProfiles.frame("f", .inlined), SampleProfiles.frame("main")]
        profile.add(stack: stack, thread: SampleProfiles.thread(), weight: 5)
        #expect(profile.top(1).map(\.selfWeight) == [7])
    }

    @Test func aThreadCanBeFilteredOut() {
        let profile = SampleProfiles.everyKind.filtered { $0.name == "pool 1" }
        #expect(profile.totalWeight == 1_140)
        #expect(profile.threads.count == 1)
        #expect(profile.frames.rows.count < SampleProfiles.everyKind.frames.rows.count)
    }

    @Test func mergingInAnyOrderGivesTheSameOutput() {
        let parts = (0..<6).map(Self.part)
        var random = SeededGenerator(state: 7)
        let outputs = (0..<4).map { _ in
            let shuffled = parts.shuffled(using: &random)
            let merged = shuffled.dropFirst().reduce(into: shuffled[0]) { $0.merge(with: $1) }
            let graph = FlameGraph(merged, options: FlameGraph.Options(grouping: .thread))
            return FoldedStacks(merged, grouping: .thread).text + graph.svg + "\(merged.top(100))"
        }
        #expect(Set(outputs).count == 1)
    }

    @Test func mergingAddsUpAndKeepsTheSpan() {
        var profile = Self.part(0)
        profile.merge(with: Self.part(1))
        let metadata = profile.metadata
        #expect(profile.totalWeight == Self.part(0).totalWeight + Self.part(1).totalWeight)
        #expect(metadata.commands == ["part 0", "part 1"])
        #expect(metadata.processes.map(\.rawValue) == [100, 101])
        #expect(metadata.durationNanoseconds == 15_000)
        #expect(metadata.mode == nil)
        #expect(metadata.rateHertz == 99)
        #expect(metadata.counts.truncated == ["frame_limit": 2])
    }

    private static func part(_ number: Int) -> Profile {
        var random = SeededGenerator(state: UInt64(number))
        var metadata = ProfileMetadata(
            command: "part \(number)", processes: [ProcessID(rawValue: Int32(100 + number))],
            mode: number.isMultiple(of: 2) ? .cpu : .wall, rateHertz: 99,
            startNanoseconds: UInt64(number) * 5_000, durationNanoseconds: 10_000)
        metadata.counts.truncated = ["frame_limit": 1]
        var profile = Profile(metadata: metadata)
        for _ in 0..<50 {
            let names = (0..<Int.random(in: 0..<8, using: &random)).map { _ in
                HostileNames.all.randomElement(using: &random) ?? ""
            }
            let kind = FrameKind.allCases.randomElement(using: &random) ?? .native
            profile.add(
                stack: names.map { SampleProfiles.frame($0, kind) },
                thread: SampleProfiles.thread("t", thread: .random(in: 1..<4, using: &random)), weight: 1)
        }
        return profile
    }
}
