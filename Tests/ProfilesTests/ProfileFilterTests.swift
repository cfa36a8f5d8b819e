import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

@Suite struct ProfileFilterTests {
    private static let stacks: [(rootFirst: [String], value: Int64)] = [
        (["main", "serve", "parse", "malloc"], 5), (["main", "serve", "reply"], 3), (["main", "idle"], 10),
        (["other", "parse"], 2),
    ]

    private static func folded(_ change: (inout ProfileFilter) -> Void) throws -> [String] {
        var filter = ProfileFilter()
        change(&filter)
        let profile = try filter.apply(to: SampleProfiles.profile(stacks))
        return FoldedStacks(profile, grouping: .process).lines.map { "\($0.stack) \($0.count)" }
    }

    private static func isNamed(_ names: String...) -> ProfileFilter.NameTest { { names.contains($0) } }

    @Test func `A filter that names nothing keeps everything`() throws {
        let unchanged = FoldedStacks(SampleProfiles.everyKind, grouping: .thread).text
        let filtered = try ProfileFilter().apply(to: SampleProfiles.everyKind)
        #expect(FoldedStacks(filtered, grouping: .thread).text == unchanged)
        #expect(filtered.samples.map(\.values) == SampleProfiles.everyKind.samples.map(\.values))
    }

    @Test func `Focus keeps whole stacks with the function anywhere in them`() throws {
        let lines = try Self.folded { $0.focus = Self.isNamed("parse") }
        #expect(lines == ["worker;main;serve;parse;malloc 5", "worker;other;parse 2"])
    }

    @Test func `Ignore drops whole stacks with the function anywhere in them`() throws {
        let lines = try Self.folded { $0.ignore = Self.isNamed("parse", "idle") }
        #expect(lines == ["worker;main;serve;reply 3"])
    }

    @Test func `Hidden frames are taken out, and their samples count for the caller`() throws {
        let lines = try Self.folded { $0.hide = Self.isNamed("serve", "malloc", "other") }
        #expect(
            lines == ["worker;main;idle 10", "worker;main;parse 5", "worker;main;reply 3", "worker;parse 2"])
    }

    @Test func `A sample all of whose frames are hidden still counts`() throws {
        let lines = try Self.folded { $0.hide = { _ in true } }
        #expect(lines == ["worker 20"])
    }

    @Test func `Trimmed stacks begin at the outermost function that is named`() throws {
        let lines = try Self.folded { $0.trim = Self.isNamed("serve", "parse") }
        #expect(lines == ["worker;parse 2", "worker;serve;parse;malloc 5", "worker;serve;reply 3"])
    }

    @Test func `Focus is applied before frames are hidden`() throws {
        let lines = try Self.folded {
            $0.focus = Self.isNamed("reply")
            $0.hide = Self.isNamed("reply")
        }
        #expect(lines == ["worker;main;serve 3"])
    }

    @Test func `What is left holds no name of what was dropped`() throws {
        var filter = ProfileFilter()
        filter.focus = Self.isNamed("idle")
        let profile = try filter.apply(to: SampleProfiles.profile(Self.stacks))
        #expect(profile.functions.rows.map { profile[text: $0.name] }.sorted() == ["idle", "main"])
        #expect(profile.locations.count == 2 && profile.stacks.count == 2)
    }

    @Test func `Trimming at an inlined function keeps what was inlined in it`() throws {
        let location = ["leaf", "middle", "outer"].map { SampleProfiles.frame($0) }
        let profile = SampleProfiles.profile(of: [
            SampleProfiles.Stack(locations: [[SampleProfiles.frame("main")], location], value: 4)
        ])
        var filter = ProfileFilter()
        filter.trim = Self.isNamed("middle")
        let trimmed = FoldedStacks(try filter.apply(to: profile), grouping: .process)
        #expect(trimmed.text == "worker;middle;leaf_[i] 4\n")
    }

    @Test func `Threads are kept by what is known of them`() throws {
        let threads = [SampleProfiles.thread("io"), SampleProfiles.thread("main")]
        let profile = SampleProfiles.profile(
            of: threads.map { SampleProfiles.Stack(locations: [[SampleProfiles.frame("f")]], thread: $0, value: 1) })
        var filter = ProfileFilter()
        filter.threads = { $0.name == "io" }
        #expect(try filter.apply(to: profile).samples.count == 1)
    }

    @Test func `Lines make functions of one name several`() throws {
        let frames = [7, 9, nil].map { line in
            Frame(
                name: "parse", kind: .native, object: nil,
                source: line.map { SourcePosition(file: "/src/json.c", line: $0, functionLine: 3) })
        }
        let profile = SampleProfiles.profile(
            of: frames.map { SampleProfiles.Stack(locations: [[$0]], value: 1) })
        var filter = ProfileFilter()
        filter.splitsLines = true
        let lines = FoldedStacks(try filter.apply(to: profile), grouping: .process).lines.map(\.stack)
        #expect(lines == ["worker;parse", "worker;parse json.c:7", "worker;parse json.c:9"])
    }

    @Test func `Callers of a function go from it to the root`() {
        let callers = SampleProfiles.profile(Self.stacks).callers(of: Self.isNamed("parse"))
        #expect(
            FoldedStacks(callers, grouping: .process).text == "worker;parse;other 2\nworker;parse;serve;main 5\n")
    }

    // MARK: - Times

    private static func timed(_ runs: [SampleRuns.Run], values: [Int64]) -> Profile {
        var builder = ProfileBuilder(
            metadata: SampleProfiles.metadata(), sampleTypes: [.samples, .cpu], shown: .samples)
        let location = builder.location(at: .process(Address(rawValue: 1)), frames: [SampleProfiles.frame("f")])
        var all = SampleRuns()
        for run in runs { all.append(run) }
        builder.add(stack: [location], thread: ProfiledThread(SampleProfiles.thread()), values: values, runs: all)
        return builder.finish()
    }

    @Test func `A time is cut out of runs, with its share of the values`() throws {
        // Ticks at 0, 10 … 90, and a single one at 200.
        let profile = Self.timed(
            [.init(start: 0, end: 90, count: 10), .init(start: 200, end: 200, count: 1)], values: [11, 1_100])
        var filter = ProfileFilter()
        filter.time = 25..<61
        let part = try filter.apply(to: profile)
        let sample = try #require(part.samples.first)
        #expect(Array(sample.values) == [4, 400])
        #expect(sample.runs.all == [.init(start: 5, end: 35, count: 4)])
        #expect(part.metadata.durationNanoseconds == 36)
        filter.time = 100..<200
        #expect(try filter.apply(to: profile).isEmpty)
    }

    @Test func `Parts of a profile sum up to the whole`() throws {
        var random = SeededGenerator(state: 8)
        for _ in 0..<200 {
            let runs = (0..<5).map { _ in
                let start = UInt64.random(in: 0..<1_000, using: &random)
                return SampleRuns.Run(
                    start: start, end: start + UInt64.random(in: 0..<500, using: &random),
                    count: UInt64.random(in: 1..<40, using: &random))
            }
            let count = Int64(runs.reduce(0) { $0 + $1.count })
            let profile = Self.timed(runs, values: [count, count * 7])
            let border = UInt64.random(in: 0..<1_600, using: &random)
            var totals: [Int64] = [0, 0]
            for time in [0..<border, border..<2_000] {
                var filter = ProfileFilter()
                filter.time = time
                let part = try filter.apply(to: profile)
                totals = [totals[0] + (part.total(of: .samples) ?? 0), totals[1] + (part.total(of: .cpu) ?? 0)]
            }
            #expect(totals == [count, count * 7])
        }
    }

    @Test func `A profile without times can't be cut`() {
        var filter = ProfileFilter()
        filter.time = 0..<10
        #expect(throws: ProfileFilterError.noTimes) { try filter.apply(to: SampleProfiles.profile(Self.stacks)) }
    }

    @Test func `A part of a profile counts its samples, and keeps the losses of the whole`() throws {
        let whole = try #require(Self.withLosses.metadata.counts)
        var filter = ProfileFilter()
        #expect(try filter.apply(to: Self.withLosses).metadata.counts == whole)
        filter.focus = { $0 == "read" || $0 == "[libcrypto.so.3+0x1a2b0]" }
        let part = try filter.apply(to: Self.withLosses)
        var expected = whole
        (expected.samples, expected.recordedSamples, expected.truncated) = (900, 3_102, [:])
        expected.unnamedFrames = 400
        #expect(part.metadata.counts == expected)
        filter.focus = { $0 == "read" }
        let smaller = try filter.apply(to: part)
        (expected.samples, expected.unnamedFrames) = (500, 0)
        #expect(smaller.metadata.counts == expected)
        for bytes in [ProfileJSON(smaller).bytes, try #require(PprofFile(smaller)).bytes] {
            #expect(try ProfileReader().profile(reading: bytes).metadata.counts == expected)
        }
    }

    @Test func `Pictures of a part say what is of the whole recording`() throws {
        var filter = ProfileFilter()
        filter.ignore = { $0 == "read" }
        let part = try filter.apply(to: Self.withLosses)
        let svg = try FlameGraph(part, grouping: .process).svg
        #expect(
            svg.contains(
                "1.54% truncated · 7 samples lost, 3 late ticks in the whole recording · 400 frames without a symbol"))
        let page = String(decoding: try HTMLPage(part, grouping: .process).bytes, as: UTF8.self)
        for fact in [
            "<dt>Samples</dt><dd>2,602 of 3,102 in the whole recording</dd>",
            "<dt>Truncated stacks</dt><dd>40 (1.54%): frame_limit: 40</dd>",
            "<dt>Lost samples</dt><dd>7: queue_full: 7 (in the whole recording)</dd>",
            "<dt>Late ticks</dt><dd>3 (in the whole recording)</dd>",
        ] {
            #expect(page.contains(fact), "\(fact)")
        }
    }

    @Test func `A filter that drops no sample leaves the counts of the recording`() throws {
        var filter = ProfileFilter()
        filter.hide = { $0 == "main" }
        let counts = try #require(try filter.apply(to: Self.withLosses).metadata.counts)
        #expect(counts.samples == 3_102 && counts.recordedSamples == nil && counts.lost == ["queue_full": 7])
        #expect(counts.truncated == ["frame_limit": 40])
        let svg = try FlameGraph(try filter.apply(to: Self.withLosses), grouping: .process).svg
        #expect(svg.contains("7 samples lost · 3 late ticks · 400 frames"))
    }

    @Test func `Callers keep the losses, and count the truncated stacks among them`() throws {
        let counts = try #require(Self.withLosses.callers { $0 == "main" }.metadata.counts)
        #expect(counts.lost == ["queue_full": 7] && counts.lateTicks == 3 && counts.recordedSamples == 3_102)
        let all = try #require(Self.withLosses.callers { _ in true }.metadata.counts)
        #expect(all.samples == 3_102 && all.truncated == ["frame_limit": 40] && all.unnamedFrames == 0)
    }

    /// A profile of which samples are missing.
    private static var withLosses: Profile {
        var metadata = SampleProfiles.everyKind.metadata
        metadata.counts?.lost = ["queue_full": 7]
        metadata.counts?.unnamedFrames = 400
        return SampleProfiles.everyKind(metadata)
    }

    @Test func `Callers of a function end where a truncated stack does`() {
        let stack = SampleProfiles.Stack(
            locations: [[SampleProfiles.frame("outer")], [SampleProfiles.frame("inner")]], truncation: .frameLimit(1),
            value: 3)
        let callers = SampleProfiles.profile(of: [stack]).callers { $0 == "inner" }
        #expect(FoldedStacks(callers, grouping: .process).text == "worker;inner;outer;[truncated: frame_limit] 3\n")
    }
}
