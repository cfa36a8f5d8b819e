import Foundation
import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

@Suite struct FlameGraphTests {
    @Test func everyKindMatchesTheGolden() throws {
        // What zlib makes of the data depends on its version.
        let svg = try Self.svg(SampleProfiles.everyKind, grouping: .thread)
        try Goldens.expect(svg.replacing(#/(class="tree">)[^<]+/#) { "\($0.1)…" }, equals: "every-kind.svg")
    }

    @Test func anEmptyProfileSaysSo() throws {
        let file = try SVGFile(parsing: try Self.svg(SampleProfiles.empty))
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
        metadata.counts?.samples = 1_234
        metadata.counts?.truncated = ["frame_limit": 16]
        metadata.counts?.lost = ["queue_full": 1, "ended": 2]
        metadata.counts?.unnamedFrames = 1
        var builder = ProfileBuilder(metadata: metadata, sampleTypes: types, shown: shown)
        let location = builder.location(at: .process(Address(rawValue: 1)), frames: [SampleProfiles.frame("f")])
        builder.add(stack: [location], thread: ProfiledThread(SampleProfiles.thread()), values: [1_234, 2_500_000_000])
        let texts = try SVGFile(parsing: try Self.svg(builder.finish())).texts
        #expect(texts[0] == "worker --threads 4 (PID 4242)")
        #expect(
            texts[1] == "\(time) · 99 Hz · 1,234 samples · 30.0 s · 2026-07-28 06:34:02 UTC · 1.30% truncated · "
                + "3 samples lost · 1 frame without a symbol")
    }

    @Test func timesAreTitledInMicroseconds() throws {
        let profile = SampleProfiles.profile([(["f"], 1_234_567), (["g"], 5)], type: .offCPU)
        let file = try SVGFile(parsing: try Self.svg(profile))
        #expect(file.rows.joined().map(\.title).contains("all (1,236 µs, 100.00%)"))
        #expect(file.rows.joined().map(\.title).contains("f (1,235 µs, 99.92%)"))
    }

    @Test func titlesGiveSamplesAndPercent() throws {
        let file = try SVGFile(
            parsing: try Self.svg(SampleProfiles.profile([(["f"], 1_234), (["g"], 8_765), (["h"], 1)])))
        let titles = file.rows.joined().map(\.title)
        #expect(titles.contains("all (10,000 samples, 100.00%)"))
        #expect(titles.contains("f (1,234 samples, 12.34%)"))
        #expect(titles.contains("g (8,765 samples, 87.65%)"))
    }

    @Test func childrenTileTheirParentInOrderOfName() throws {
        let file = try SVGFile(parsing: try Self.svg(SampleProfiles.profile([(["b"], 1), (["c"], 1), (["a"], 1)])))
        #expect(file.rows[2].map(\.title.first) == ["a", "b", "c"])
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
        let file = try SVGFile(parsing: try Self.svg(SampleProfiles.profile(stacks)))
        try #require(file.rows.count > 2)
        for row in file.rows {
            #expect(row.reduce(0) { $0 + $1.width } <= 1_200.001)
            for (left, right) in zip(row, row.dropFirst()) { #expect(left.left + left.width <= right.left + 0.001) }
        }
    }

    @Test func widthsAreSharesOfTheWeight() throws {
        let file = try SVGFile(parsing: try Self.svg(SampleProfiles.profile([(["a"], 1), (["b"], 2), (["c"], 9)])))
        #expect(file.rows[2].map(\.width) == [100, 200, 900])
    }

    @Test func framesBelowATenthOfAPixelAreLeftOut() throws {
        let profile = SampleProfiles.profile([(["wide"], 11_999), (["thin", "thinner"], 1), (["ok"], 1_000_000)])
        let svg = try Self.svg(profile)
        #expect(!svg.contains("thinner"))
        let note =
            "Not shown: frames narrower than 0.1 pixels, in 0.00% of the samples. In a browser, zoom in to see more."
        #expect(try SVGFile(parsing: svg).texts.contains(note))
    }

    @Test func framesBelowAPixelShareAPath() throws {
        let svg = try Self.svg(SampleProfiles.profile([(["wide"], 11_999), (["thin"], 1)]))
        #expect(try SVGFile(parsing: svg).rows[2].map(\.title) == ["wide (11,999 samples, 99.99%)"])
        #expect(svg.contains("d=\"M0 0h0.1v17h-0.1z\"/>"))
        #expect(try SVGFile(parsing: svg).texts.allSatisfy { !$0.hasPrefix("Not shown") })
    }

    @Test func rowsBeyondTheLimitAreLeftOut() throws {
        let profile = SampleProfiles.profile([((0..<20_000).map { "f\($0)" }, 1), (["g"], 1)])
        let file = try SVGFile(parsing: try Self.svg(profile))
        #expect(file.rows.count == 500)
        let note = "Not shown: frames beyond row 500, in 50.00% of the samples. In a browser, zoom in to see more."
        #expect(file.texts.contains(note))
    }

    @Test(arguments: HostileNames.all) func anyNameGivesWellFormedXML(name: String) throws {
        let frame = [SampleProfiles.frame(name)]
        let leaves = FrameKind.allCases.map { [SampleProfiles.frame(name, $0)] } + [[frame[0], frame[0]]]
        let profile = SampleProfiles.profile(
            of: leaves.map { leaf in
                SampleProfiles.Stack(locations: [frame, leaf], thread: SampleProfiles.thread(name), value: 1)
            }, metadata: SampleProfiles.metadata(command: name))
        let svg = try Self.svg(profile, grouping: .thread)
        let file = try SVGFile(parsing: svg)
        #expect(file.rows.map(\.count) == [1, 1, 1, 5, 1])
        #expect(!svg.contains("<script>alert"))
        #expect(file.rows.joined().allSatisfy { $0.title.count < 2_100 })
    }

    @Test func controlCharactersAreShownNotObeyed() throws {
        let file = try SVGFile(parsing: try Self.svg(SampleProfiles.profile([(["a\u{1b}[2J\u{FFFE}"], 1)])))
        #expect(file.rows[2].first?.title == #"a\u{1b}[2J\u{fffe} (1 sample, 100.00%)"#)
    }

    @Test func valuesUpToTheLastBitAreDrawn() throws {
        let file = try SVGFile(
            parsing: try Self.svg(SampleProfiles.profile([(["a"], .max / 2), (["b"], .max / 2 + 1)])))
        #expect(file.rows[2].map(\.width) == [600, 600])
    }

    @Test(arguments: [(FlameGraph.Orientation.flames, "bottom", 36), (.icicles, "top", 0)])
    func theRootIsWhereTheViewHasIt(orientation: FlameGraph.Orientation, root: String, rootTop: Int) throws {
        let profile = SampleProfiles.profile([(["a"], 1)])
        let svg = try Self.svg(profile, view: FlameGraph.View(orientation: orientation))
        #expect(try SVGFile(parsing: svg).attributes["data-root"] == root)
        #expect(svg.contains("<g transform=\"translate(0 \(rootTop))\">\n<g><title>all "))
    }

    @Test(arguments: [(20, "bottom"), (40, "top")])
    func aGraphHigherThanAScreenHasItsRootBelowTheHead(depth: Int, root: String) throws {
        let profile = SampleProfiles.profile([((0..<depth).map { "f\($0)" }, 1)])
        #expect(try SVGFile(parsing: try Self.svg(profile)).attributes["data-root"] == root)
    }

    @Test func anInvertedGraphHasCallersOnTheirCallees() throws {
        let profile = SampleProfiles.profile([(["main", "a", "f"], 3), (["main", "b", "f"], 1), (["main", "b"], 2)])
        let file = try SVGFile(parsing: try Self.svg(profile, view: FlameGraph.View(isInverted: true)))
        let rows = file.rows.map { $0.map { String($0.title.prefix { $0 != "(" }.dropLast()) } }
        #expect(
            rows == [["all"], ["b", "f"], ["main", "a", "b"], ["worker", "main", "main"], ["worker", "worker"]])
        #expect(file.rows[1].map(\.width) == [400, 800])
    }

    @Test func theHeaviestCalleeIsFirstInOrderOfWeight() throws {
        let profile = SampleProfiles.profile([(["a"], 1), (["b"], 3), (["c"], 2), (["d"], 2)])
        let file = try SVGFile(parsing: try Self.svg(profile, view: FlameGraph.View(order: .weight)))
        #expect(file.rows[2].map(\.title.first) == ["b", "c", "d", "a"])
    }

    @Test func mergedProcessesHaveNoRow() throws {
        let file = try SVGFile(parsing: try Self.svg(SampleProfiles.everyKind, grouping: .merged))
        #expect(file.rows[1].allSatisfy { !$0.title.hasPrefix("worker") && !$0.title.hasPrefix("pool") })
        #expect(file.rows[1].contains { $0.title.hasPrefix("_start ") })
    }

    @Test func idleStacksAreLeftOut() throws {
        let stacks = [(["main", "epoll_wait"], Int64(9)), (["main", "work"], 1)]
        let wall = SampleProfiles.profile(stacks, type: .wall)
        let svg = try Self.svg(wall, view: FlameGraph.View(omitsIdleWaits: true))
        let file = try SVGFile(parsing: svg)
        #expect(file.rows.last?.map(\.title) == ["work (1 µs, 100.00%)"])
        #expect(file.texts.contains("Not shown: stacks in idle waits."))
    }

    @Test func colourAndFontNeedNoStyleSheet() throws {
        let svg = try Self.svg(SampleProfiles.everyKind)
        let style = try #require(svg.firstRange(of: #/<style>.*?<\/style>/#.dotMatchesNewlines()))
        let plain = svg.replacingCharacters(in: style, with: "")
        #expect(
            plain.matches(of: #/<(rect|text|path) /#).allSatisfy {
                plain[$0.range.lowerBound...].prefix { $0 != ">" }.contains(" fill=\"#")
            })
        #expect(plain.matches(of: #/font-family=/#).count >= 3)
    }

    @Test func longCaptionsTakeSeveralLines() throws {
        let command = (0..<40).map { "--option=\($0)" }.joined(separator: " ")
        let profile = SampleProfiles.profile(
            of: [SampleProfiles.Stack(locations: [[SampleProfiles.frame("f")]], value: 1)],
            metadata: SampleProfiles.metadata(command: command))
        let texts = try SVGFile(parsing: try Self.svg(profile)).texts
        #expect(texts.prefix { !$0.contains("Hz") }.joined() == command + " (PID 4242)")
        #expect(texts.allSatisfy { $0.count <= 165 })
    }

    @Test func labelsAreClippedToTheirBoxes() throws {
        let long = String(repeating: "日本", count: 200)
        let texts = try SVGFile(parsing: try Self.svg(SampleProfiles.profile([([long], 1)]))).texts
        let label = try #require(texts.first { $0.hasPrefix("日") })
        #expect(label.hasSuffix("…"))
        #expect(label.count < 83)
    }

    private static func svg(
        _ profile: Profile, grouping: Grouping = .process, view: FlameGraph.View = FlameGraph.View()
    ) throws -> String {
        try FlameGraph(profile, grouping: grouping, view: view).svg
    }
}
