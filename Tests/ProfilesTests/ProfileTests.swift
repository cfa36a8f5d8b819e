import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

@Suite struct ProfileTests {
    @Test func equalStacksShareOneRowAndAddUp() {
        let profile = SampleProfiles.profile([(["main", "a"], 3), (["main", "a"], 4), (["main", "b"], 1)])
        #expect(profile.stacks.count == 3)
        #expect(profile.locations.count == 3)
        #expect(profile.samples.map(\.values) == [[7], [1]])
        #expect(profile.total(of: .samples) == 8)
        #expect(profile.total(of: .cpu) == nil)
    }

    @Test func callersPrecedeTheirCallees() {
        let stacks = SampleProfiles.everyKind.stacks
        #expect(!stacks.rows.isEmpty)
        #expect(zip(stacks.indices, stacks.rows).allSatisfy { index, row in row.caller.map { $0 < index } ?? true })
    }

    @Test func namesThatDifferOnlyInTheirNormalizationAreTwo() {
        let profile = SampleProfiles.profile([(["e\u{301}"], 1), (["\u{e9}"], 1)])
        #expect(profile.functions.count == 2)
    }

    @Test func twoAddressesOfAFunctionAreTwoLocationsAndOneFunction() {
        var builder = Self.builder(of: [.samples], shown: .samples)
        for address in [0x10, 0x20, 0x10] as [UInt64] {
            let location = builder.location(
                at: .process(Address(rawValue: address)), frames: [SampleProfiles.frame("f")])
            builder.add(stack: [location], thread: ProfiledThread(SampleProfiles.thread()), values: [1])
        }
        let profile = builder.finish()
        #expect(profile.locations.count == 2)
        #expect(profile.functions.count == 1)
        #expect(profile.samples.map(\.values) == [[2], [1]])
        #expect(CallTree(profile, grouping: .process).nodes.count == 3)
    }

    @Test func inlinedFunctionsAreLinesOfOneLocation() throws {
        let frames = [
            Frame(
                name: "inner", kind: .native, object: nil,
                source: SourcePosition(file: "a.c", line: 12, functionLine: 10)),
            Frame(
                name: "outer(int)", systemName: "_Z5outeri", kind: .native, object: nil,
                source: SourcePosition(file: "b.c", line: 7)),
        ]
        let profile = SampleProfiles.profile(of: [SampleProfiles.Stack(locations: [frames], value: 1)])
        let location = try #require(profile.locations.rows.first)
        #expect(profile.locations.count == 1)
        let functions = location.lines.map { profile.functions[$0.function] }
        #expect(functions.map { profile[text: $0.name] } == ["inner", "outer(int)"])
        #expect(functions.map { $0.systemName.map { profile[text: $0] } } == [nil, "_Z5outeri"])
        #expect(functions.map { $0.file.map { profile[text: $0] } } == ["a.c", "b.c"])
        #expect(functions.map(\.startLine) == [10, nil])
        #expect(location.lines.map(\.number) == [12, 7])
    }

    @Test func aStackWithoutItsRootIsAnotherSample() {
        let stack = SampleProfiles.Stack(locations: [[SampleProfiles.frame("f")]], value: 2)
        var truncated = stack
        truncated.truncation = .beyondCopiedStack(Address(rawValue: 1))
        let profile = SampleProfiles.profile(of: [stack, truncated, truncated])
        #expect(profile.samples.map(\.values) == [[2], [4]])
        #expect(profile.samples.map { $0.truncation.map { profile[text: $0] } } == [nil, "beyond_copied_stack"])
    }

    @Test func valuesSaturateTogether() {
        let profile = SampleProfiles.profile([(["a"], .max - 1), (["b"], 5), (["c"], 5), (["d"], .min)])
        #expect(profile.total(of: .samples) == .max)
        #expect(profile.samples.map(\.values) == [[.max - 1], [1]])
    }

    @Test func aSampleOfNoValueIsNone() {
        let profile = SampleProfiles.profile([(["a"], 0)])
        #expect(profile.isEmpty)
        #expect(Array(profile.samples).isEmpty)
    }

    @Test func whatShrankIsKeptInADifferenceAndNotDrawn() throws {
        let profile = SampleProfiles.profile([(["main", "grew"], 3), (["main", "shrank"], -2), (["gone"], .min)])
        #expect(profile.samples.map(\.values) == [[3], [-2], [-(.max - 5)]])
        #expect(FoldedStacks(profile, grouping: .process).text == "worker;main;grew 3\n")
        let tree = CallTree(profile, grouping: .process)
        #expect(tree[tree.root].totalWeight == 3)
    }

    @Test func valuesOfSeveralTypesStayApart() {
        var builder = Self.builder(of: [.samples, .offCPU], shown: .offCPU)
        let location = builder.location(at: .process(Address(rawValue: 1)), frames: [SampleProfiles.frame("f")])
        builder.add(stack: [location], thread: ProfiledThread(SampleProfiles.thread()), values: [2, 1_600])
        builder.add(stack: [location], thread: ProfiledThread(SampleProfiles.thread()), values: [1, 900])
        let profile = builder.finish()
        #expect(profile.samples.map(\.values) == [[3, 2_500]])
        #expect(profile.total(of: .samples) == 3)
        #expect(profile.total(of: .offCPU) == 2_500)
        #expect(profile.samples.map(profile.shownValue) == [2_500])
        #expect(FoldedStacks(profile, grouping: .process).text == "worker;f 3\n")
    }

    @Test func recursionCountsOnceInTheTotal() {
        let profile = SampleProfiles.profile([(["main", "f", "g", "f"], 2), (["main", "f"], 3), (["main", "g"], 1)])
        let top = profile.top(10).map { "\($0.name) \($0.selfWeight) \($0.totalWeight)" }
        #expect(top == ["f 5 5", "g 1 3", "main 0 6"])
        #expect(profile.top(1).count == 1)
        #expect(profile.top(-1).isEmpty)
    }

    @Test func anInlinedCallCountsAsTheFunction() {
        let (f, main) = (SampleProfiles.frame("f"), SampleProfiles.frame("main"))
        let profile = SampleProfiles.profile(of: [
            SampleProfiles.Stack(locations: [[main], [f]], value: 2),
            SampleProfiles.Stack(locations: [[f, main]], value: 5),
        ])
        #expect(profile.top(1).map(\.selfWeight) == [7])
    }

    @Test func theOrderOfStacksDoesNotChangeTheOutput() throws {
        var random = SeededGenerator(state: 7)
        let names = HostileNames.all.filter { $0.utf8.count < 100 }
        let stacks = (0..<300).map { _ in Self.randomStack(of: names, &random) }
        let outputs = try (0..<4).map { _ in
            let profile = SampleProfiles.profile(of: stacks.shuffled(using: &random))
            let graph = FlameGraph(profile, grouping: .thread)
            return FoldedStacks(profile, grouping: .thread).text + (try graph.svg) + "\(profile.top(100))"
        }
        #expect(Set(outputs).count == 1)
    }

    private static func builder(of types: [SampleType], shown: SampleType) -> ProfileBuilder {
        ProfileBuilder(metadata: SampleProfiles.metadata(), sampleTypes: types, shown: shown)
    }

    private static func randomStack(of names: [String], _ random: inout SeededGenerator) -> SampleProfiles.Stack {
        let locations = (0..<Int.random(in: 0..<8, using: &random)).map { _ in
            (0..<Int.random(in: 1..<3, using: &random)).map { _ in
                SampleProfiles.frame(
                    names.randomElement(using: &random) ?? "",
                    FrameKind.allCases.randomElement(using: &random) ?? .native)
            }
        }
        return SampleProfiles.Stack(
            locations: locations,
            thread: SampleProfiles.thread("t", thread: .random(in: 1..<4, using: &random)),
            truncation: Bool.random(using: &random) ? .frameLimit(8) : nil, value: 1)
    }
}
