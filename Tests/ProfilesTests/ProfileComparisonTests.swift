import ProfileModel
import Profiles
import Statistics
import TestSupport
import Testing

@Suite struct ProfileComparisonTests {
    /// A server that spends a quarter of its time in each of some functions.
    private static let server: [PhasedProgram.Stack] = [
        (["main", "serve", "parse", "scan"], 20), (["main", "serve", "parse", "decode"], 8),
        (["main", "serve", "reply", "format"], 15), (["main", "serve", "reply", "send"], 12),
        (["main", "log", "write"], 10), (["main", "cache", "lookup"], 15), (["main", "cache", "evict"], 8),
        (["main", "timers"], 7), (["main", "poll"], 5),
    ]

    private static func compare(
        _ before: [PhasedProgram.Stack], _ after: [PhasedProgram.Stack], samples: Int = 8_000, hasTimes: Bool = true,
        measure: ProfileComparison.Measure = .own, seed: UInt64 = 5
    ) throws -> ProfileComparison {
        var random = SeededGenerator(state: seed)
        let first = PhasedProgram(before).record(samples, hasTimes: hasTimes, using: &random)
        let second = PhasedProgram(after).record(samples, hasTimes: hasTimes, using: &random)
        return try ProfileComparison(first, second, measure: measure)
    }

    private static func replacing(
        _ leaf: String, with stacks: [PhasedProgram.Stack]
    ) -> [PhasedProgram.Stack] {
        server.filter { $0.rootFirst.last != leaf } + stacks
    }

    private static func verdicts(_ comparison: ProfileComparison) -> [String: ChangeVerdict] {
        let different = comparison.functions.filter { $0.verdict != .chance }
        return Dictionary(uniqueKeysWithValues: different.map { ($0.name, $0.verdict) })
    }

    @Test(arguments: [0, 30, 100]) func `Recordings of the same program show no colour`(meanPhase: Int) throws {
        var random = SeededGenerator(state: 21)
        let pairs = 200
        let coloured = try (0..<pairs).count { _ in
            let program = PhasedProgram(meanPhase: meanPhase, using: &random)
            let before = program.record(3_000, using: &random)
            let comparison = try ProfileComparison(before, program.record(3_000, using: &random))
            return comparison.functions.contains { $0.verdict != .chance } || comparison.tree.verdicts != [.chance]
        }
        #expect(isRare(coloured, of: pairs, share: 0.05, deviations: 3), "\(coloured)")
    }

    @Test func `A function that grew is the first, and alone`() throws {
        let grown = Self.replacing("send", with: [(["main", "serve", "reply", "send"], 24)])
        let comparison = try Self.compare(Self.server, grown)
        #expect(Self.verdicts(comparison) == ["send": .grew])
        let first = try #require(comparison.functions.first)
        #expect(first.name == "send")
        #expect(abs(first.change.difference - (24.0 / 112 - 0.12)) <= first.change.margin * 1.5)
    }

    @Test func `What was slow and is fast shrank`() throws {
        let shrunk = Self.replacing("lookup", with: [(["main", "cache", "lookup"], 5)])
        #expect(Self.verdicts(try Self.compare(Self.server, shrunk)) == ["lookup": .shrank])
    }

    @Test func `A function without a counterpart is new or gone`() throws {
        let extended = Self.server + [(["main", "compress"], 10)]
        #expect(Self.verdicts(try Self.compare(Self.server, extended)) == ["compress": .new])
        #expect(Self.verdicts(try Self.compare(extended, Self.server)) == ["compress": .gone])
    }

    @Test func `A callee that is inlined moved to its caller's own code`() throws {
        let inlined = Self.replacing("scan", with: [(["main", "serve", "parse"], 20)])
        let verdicts = Self.verdicts(try Self.compare(Self.server, inlined))
        #expect(Set(verdicts.keys) == ["scan", "parse"])
        #expect(verdicts["scan"] == .moved(Movement(counterpart: .callersOwnCode, caller: "parse")))
        #expect(verdicts["parse"] == .moved(Movement(counterpart: .function("scan"), caller: "parse")))
    }

    @Test func `Code in a new helper moved from its caller`() throws {
        let split = Self.replacing(
            "scan",
            with: [(["main", "serve", "parse", "scan"], 5), (["main", "serve", "parse", "scan", "skip"], 15)])
        let verdicts = Self.verdicts(try Self.compare(Self.server, split))
        #expect(verdicts["scan"] == .moved(Movement(counterpart: .function("skip"), caller: "scan")))
        #expect(verdicts["skip"] == .moved(Movement(counterpart: .callersOwnCode, caller: "scan")))
        #expect(verdicts.count == 2)
    }

    @Test func `A function of another name moved, and what it calls with it`() throws {
        let named = Self.server.map { stack in
            (stack.rootFirst.map { $0 == "format" ? "printf" : $0 }, stack.share)
        }
        let verdicts = Self.verdicts(try Self.compare(Self.server, named))
        #expect(
            verdicts == [
                "format": .moved(Movement(counterpart: .function("printf"), caller: "reply")),
                "printf": .moved(Movement(counterpart: .function("format"), caller: "reply")),
            ])
    }

    @Test func `One function that grew and another below the same caller that shrank by far less did not move`() throws
    {
        var stacks = Self.replacing("send", with: [(["main", "serve", "reply", "send"], 27)])
        stacks.removeAll { $0.rootFirst.last == "format" }
        stacks.append((["main", "serve", "reply", "format"], 10))
        let verdicts = Self.verdicts(try Self.compare(Self.server, stacks))
        #expect(verdicts == ["send": .grew, "format": .shrank])
    }

    @Test func `Colours of nodes say what grew and what moved`() throws {
        let inlined = Self.replacing("scan", with: [(["main", "serve", "parse"], 20)])
        let moved = try Self.compare(Self.server, inlined).tree.drawing(of: .before) { UInt64(clamping: $0) }
        #expect(Self.names(in: moved) { $0 == .moved } == ["scan"])
        #expect(Self.names(in: moved) { $0 == .grew || $0 == .shrank } == [])
        let grown = Self.replacing("send", with: [(["main", "serve", "reply", "send"], 40)])
        let drawing = try Self.compare(Self.server, grown).tree.drawing(of: .after) { UInt64(clamping: $0) }
        #expect(Self.names(in: drawing) { $0 == .grew } == ["reply", "send", "serve"])
    }

    private static func names(
        in drawing: CallTree, _ isMeant: (NodeChange.Verdict?) -> Bool
    ) -> [String] {
        var (pending, names) = ([drawing.root], [String]())
        while let node = pending.popLast() {
            let label = drawing.label(of: node)
            if isMeant(label.change?.verdict) { names.append(label.name.text) }
            pending += drawing.callees(of: node)
        }
        return names.sorted()
    }

    @Test func `Total shares show the callers of what grew`() throws {
        let grown = Self.replacing("send", with: [(["main", "serve", "reply", "send"], 40)])
        let verdicts = Self.verdicts(try Self.compare(Self.server, grown, measure: .total))
        #expect(verdicts == ["send": .grew, "reply": .grew, "serve": .grew])
    }

    @Test func `A process of another name is the same process`() throws {
        var random = SeededGenerator(state: 8)
        let before = PhasedProgram(Self.server).record(3_000, using: &random)
        let after = PhasedProgram(Self.server).record(3_000, using: &random)
        var renamed = ProfileBuilder(metadata: after.metadata, sampleTypes: after.sampleTypes, shown: .samples)
        for sample in after.samples {
            var (names, cursor) = ([Profile.LocationIndex](), sample.stack)
            while let stack = cursor {
                let line = after.locations[after.stacks[stack].location].lines[0]
                let frame = SampleProfiles.frame(after[text: after.functions[line.function].name])
                names.append(renamed.location(at: .process(Address(rawValue: 1)), frames: [frame]))
                cursor = after.stacks[stack].caller
            }
            let thread = ProfiledThread(process: nil, thread: nil, name: "worker2", processName: "worker2")
            renamed.add(stack: names, thread: thread, values: Array(sample.values), runs: sample.runs)
        }
        let comparison = try ProfileComparison(before, renamed.finish())
        #expect(comparison.tree.verdicts == [.chance])
    }

    @Test func `Two ranges of one profile can be compared`() throws {
        var random = SeededGenerator(state: 9)
        let grown = Self.replacing("send", with: [(["main", "serve", "reply", "send"], 40)])
        let profile = PhasedProgram(phases: [Self.server, grown], meanPhase: 4_000).record(12_000, using: &random)
        let middle: UInt64 = 60_000_000_000
        var (first, second) = (ProfileFilter(), ProfileFilter())
        first.time = 0..<middle
        second.time = middle..<UInt64.max
        let comparison = try ProfileComparison(first.apply(to: profile), second.apply(to: profile))
        #expect(comparison.warnings.allSatisfy { $0 == .longPhases })
        #expect(comparison.before.samples + comparison.after.samples == 12_000)
    }

    @Test func `Profiles of different things or without samples are refused`() throws {
        var random = SeededGenerator(state: 10)
        let profile = PhasedProgram(Self.server).record(100, using: &random)
        let bytes = SampleProfiles.profile([(["f"], 1)], type: SampleType(name: "inuse_space", unit: .bytes))
        #expect(throws: ComparisonError.empty(.after)) { try ProfileComparison(profile, SampleProfiles.empty) }
        #expect(throws: ComparisonError.differentTypes(.samples, bytes.shownSampleType)) {
            try ProfileComparison(profile, bytes)
        }
    }

    @Test func `What makes a comparison uncertain is a warning`() throws {
        var random = SeededGenerator(state: 12)
        var metadata = SampleProfiles.metadata(command: "other")
        metadata.rateHertz = 49
        let before = PhasedProgram(Self.server).record(2_000, using: &random)
        let after = PhasedProgram(Self.server).record(
            100, hasTimes: false, type: .wall, metadata: metadata, using: &random)
        let warnings = try ProfileComparison(before, after).warnings
        #expect(
            warnings == [
                .differentCommands("worker --threads 4", "other"), .differentRates(99, 49),
                .differentModes("cpu", "wall"), .noTimes(.after),
                .fewSamples(.after, 100),
            ])
    }

    @Test func `Different shares of truncated stacks are a warning, in parts of recordings too`() throws {
        func profile(_ truncated: Int64) -> Profile {
            SampleProfiles.profile(of: [
                SampleProfiles.Stack(locations: [[SampleProfiles.frame("f")]], value: 2_000 - truncated),
                SampleProfiles.Stack(
                    locations: [[SampleProfiles.frame("f")]], truncation: .frameLimit(1), value: truncated),
            ])
        }
        let warnings = try ProfileComparison(profile(0), profile(200)).warnings
        #expect(warnings.contains(.differentTruncation(0, 0.1)))
        #expect(try !ProfileComparison(profile(200), profile(220)).warnings.contains { "\($0)".contains("root") })
    }

    @Test func `The time off CPU is compared by its length`() throws {
        func profile(_ seconds: Int64, seed: UInt64) -> Profile {
            var random = SeededGenerator(state: seed)
            var builder = ProfileBuilder(
                metadata: SampleProfiles.metadata(), sampleTypes: [.samples, .offCPU], shown: .offCPU)
            for name in ["read", "lock", "sleep", "poll"] {
                let frame = SampleProfiles.frame(name)
                let location = builder.location(at: .process(Address(rawValue: 1)), frames: [frame])
                for _ in 0..<400 {
                    let time = UInt64.random(in: 0..<30_000_000_000, using: &random)
                    let factor = name == "lock" ? seconds : 1
                    let length = factor * Int64.random(in: 1_000_000..<3_000_000, using: &random)
                    var runs = SampleRuns()
                    runs.append(SampleRuns.Run(start: time, end: time, count: 1))
                    builder.add(
                        stack: [location], thread: ProfiledThread(SampleProfiles.thread()), values: [1, length],
                        runs: runs)
                }
            }
            return builder.finish()
        }
        #expect(Self.verdicts(try ProfileComparison(profile(1, seed: 1), profile(1, seed: 2))) == [:])
        let grown = try ProfileComparison(profile(1, seed: 1), profile(2, seed: 2))
        #expect(grown.sampleType == .offCPU)
        #expect(Self.verdicts(grown)["lock"] == .grew)
    }
}
