import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

@Suite struct FlameGraphTests {
    @Test func everyKindMatchesTheGolden() throws {
        try Goldens.expect(Self.svg(SampleProfiles.everyKind, grouping: .thread), equals: "every-kind.svg")
    }

    @Test func anEmptyProfileSaysSo() throws {
        let file = try SVGFile(parsing: Self.svg(SampleProfiles.empty))
        #expect(file.texts.contains("no samples"))
        #expect(file.rows.isEmpty)
    }

    @Test(arguments: [
        ([SampleType.samples, .cpu], SampleType.samples, "CPU time"),
        ([.samples, .wall], .samples, "wall-clock time"),
        ([.samples, .offCPU], .offCPU, "time off CPU: 2.5 s"),
    ])
    func subtitleSaysWhatWasRecorded(types: [SampleType], shown: SampleType, time: String) throws {
        var metadata = SampleProfiles.metadata()
        metadata.counts.samples = 1_234
        metadata.counts.truncated = ["frame_limit": 16]
        metadata.counts.lost = ["queue_full": 1, "ended": 2]
        metadata.counts.unnamedFrames = 1
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: types, shown: shown)
        let location = builder.location(at: .process(Address(rawValue: 1)), frames: [SampleProfiles.frame("f")])
        builder.add(stack: [location], thread: ProfiledThread(SampleProfiles.thread()), values: [1_234, 2_500_000_000])
        let texts = try SVGFile(parsing: Self.svg(builder.finish())).texts
        #expect(texts[0] == "worker --threads 4 (PID 4242)")
        #expect(
            texts[1] == "\(time) · 99 Hz · 1,234 samples · 30.0 s · 2026-07-28 06:34:02 UTC · 1.30% truncated · "
                + "3 samples lost · 1 frame without a symbol")
    }

    @Test func timesAreTitledInMicroseconds() throws {
        let profile = SampleProfiles.profile([(["f"], 1_234_567), (["g"], 5)], type: .offCPU)
        let file = try SVGFile(parsing: Self.svg(profile))
        #expect(file.rows.joined().map(\.title).contains("all (1,236 µs, 100.00%)"))
        #expect(file.rows.joined().map(\.weight) == [1_236, 1_236, 1_235, 1])
    }

    @Test func titlesGiveSamplesAndPercent() throws {
        let file = try SVGFile(parsing: Self.svg(SampleProfiles.profile([(["f"], 1_234), (["g"], 8_765), (["h"], 1)])))
        let titles = file.rows.joined().map(\.title)
        #expect(titles.contains("all (10,000 samples, 100.00%)"))
        #expect(titles.contains("f (1,234 samples, 12.34%)"))
        #expect(titles.contains("h (1 sample, 0.01%)"))
    }

    @Test func childrenTileTheirParentInOrderOfName() throws {
        let file = try SVGFile(parsing: Self.svg(SampleProfiles.profile([(["b"], 1), (["c"], 1), (["a"], 1)])))
        #expect(file.rows[2].map(\.title.first) == ["a", "b", "c"])
        #expect(file.rows[2].map(\.start) == [0, 1, 2])
        #expect(file.rows[2].map(\.left) == [0, 400, 800])
        #expect(file.rows[2].map(\.width) == [400, 400, 400])
    }

    @Test func widthsAreProportionalAndNeverOverlap() throws {
        var random = SeededGenerator(state: 3)
        let stacks = (0..<200).map { _ in
            let depth = Int.random(in: 1..<12, using: &random)
            let names = (0..<depth).map { _ in "f\(Int.random(in: 0..<3, using: &random))" }
            return (names, Int64.random(in: 1..<1_000, using: &random))
        }
        let total = stacks.reduce(0) { $0 + $1.1 }
        let file = try SVGFile(parsing: Self.svg(SampleProfiles.profile(stacks)))
        try #require(file.rows.count > 2)
        for row in file.rows {
            #expect(row.reduce(0) { $0 + $1.width } <= 1_200.001)
            for (left, right) in zip(row, row.dropFirst()) { #expect(left.left + left.width <= right.left + 0.001) }
            for box in row { #expect(abs(box.width - 1_200 * Double(box.weight) / Double(total)) <= 0.0101) }
        }
    }

    @Test func narrowFramesAreLeftOutAndCounted() throws {
        let profile = SampleProfiles.profile([(["wide"], 11_999), (["thin", "thinner"], 1), (["ok"], 1_000_000)])
        let svg = Self.svg(profile)
        let file = try SVGFile(parsing: svg)
        #expect(file.attributes["data-narrow"] == "2")
        #expect(!svg.contains("thinner"))
        let note = "2 frames narrower than 0.1 pixels (in 0.00% of the samples), neither drawn nor searched"
        #expect(file.texts.contains(note))
    }

    @Test func aTenthOfAPixelIsDrawn() throws {
        let file = try SVGFile(parsing: Self.svg(SampleProfiles.profile([(["wide"], 11_999), (["thin"], 1)])))
        #expect(file.attributes["data-narrow"] == "0")
        #expect(file.rows[2].last?.title == "wide (11,999 samples, 99.99%)")
        #expect(file.rows[2].first?.width == 0.1)
    }

    @Test func rowsBeyondTheLimitAreLeftOutAndCounted() throws {
        let profile = SampleProfiles.profile([((0..<20_000).map { "f\($0)" }, 1), (["g"], 1)])
        let file = try SVGFile(parsing: Self.svg(profile))
        #expect(file.rows.count == 500)
        #expect(file.attributes["data-deep"] == "19502")
        #expect(
            file.texts.contains("19,502 frames beyond row 500 (in 50.00% of the samples), neither drawn nor searched"))
    }

    @Test(arguments: HostileNames.all) func anyNameGivesWellFormedXML(name: String) throws {
        let frame = [SampleProfiles.frame(name)]
        let leaves = FrameKind.allCases.map { [SampleProfiles.frame(name, $0)] } + [[frame[0], frame[0]]]
        let profile = SampleProfiles.profile(
            of: leaves.map { leaf in
                SampleProfiles.Stack(locations: [frame, leaf], thread: SampleProfiles.thread(name), value: 1)
            }, metadata: SampleProfiles.metadata(command: name))
        let svg = Self.svg(profile, grouping: .thread)
        let file = try SVGFile(parsing: svg)
        #expect(file.rows.map(\.count) == [1, 1, 1, 4, 1])
        #expect(!svg.contains("<script>alert"))
        #expect(file.rows.joined().allSatisfy { $0.title.count < 2_100 })
    }

    @Test func controlCharactersAreShownNotObeyed() throws {
        let file = try SVGFile(parsing: Self.svg(SampleProfiles.profile([(["a\u{1b}[2J\u{FFFE}"], 1)])))
        #expect(file.rows[2].first?.title == #"a\u{1b}[2J\u{fffe} (1 sample, 100.00%)"#)
    }

    @Test func valuesUpToTheLastBitAreDrawn() throws {
        let file = try SVGFile(parsing: Self.svg(SampleProfiles.profile([(["a"], .max / 2), (["b"], .max / 2 + 1)])))
        #expect(file.rows[2].map(\.width) == [600, 600])
    }

    @Test func iciclesHangFromTheTop() throws {
        let flames = Self.svg(SampleProfiles.everyKind)
        let icicles = Self.svg(SampleProfiles.everyKind, orientation: .icicles)
        #expect(flames.contains("data-root=\"bottom\"") && icicles.contains("data-root=\"top\""))
        #expect(try SVGFile(parsing: icicles).rows.count == SVGFile(parsing: flames).rows.count)
        let firstRow = try #require(
            icicles.firstRange(of: "transform=\"translate(12 0)\">\n<g transform=\"translate(0 64)\">"))
        #expect(icicles[firstRow.upperBound...].hasPrefix("\n<g><title>all "))
    }

    @Test func labelsAreClippedToTheirBoxes() throws {
        let long = String(repeating: "日本", count: 200)
        let texts = try SVGFile(parsing: Self.svg(SampleProfiles.profile([([long], 1)]))).texts
        let label = try #require(texts.first { $0.hasPrefix("日") })
        #expect(label.hasSuffix("…"))
        #expect(label.count < 83)
    }

    private static func svg(
        _ profile: Profile, grouping: Grouping = .process, orientation: FlameGraph.Orientation = .flames
    ) -> String {
        FlameGraph(profile, grouping: grouping, orientation: orientation).svg
    }
}
