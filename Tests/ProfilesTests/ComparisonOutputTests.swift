import ProfileFormats
import ProfileModel
import Profiles
import TestSupport
import Testing

@Suite struct ComparisonOutputTests {
    private static let before: [PhasedProgram.Stack] = [
        (["main", "serve", "parse", "scan"], 20), (["main", "serve", "parse", "decode"], 8),
        (["main", "serve", "reply", "format"], 15), (["main", "serve", "reply", "send"], 12),
        (["main", "log", "write"], 10), (["main", "cache", "lookup"], 15), (["main", "cache", "evict"], 8),
        (["main", "timers"], 7), (["main", "poll"], 5),
    ]

    /// `scan` is inlined, `send` is twice as slow, `poll` is gone and `wait` is new.
    private static let after: [PhasedProgram.Stack] = [
        (["main", "serve", "parse"], 20), (["main", "serve", "parse", "decode"], 8),
        (["main", "serve", "reply", "format"], 15), (["main", "serve", "reply", "send"], 24),
        (["main", "log", "write"], 10), (["main", "cache", "lookup"], 15), (["main", "cache", "evict"], 8),
        (["main", "timers"], 7), (["main", "wait", "epoll"], 1),
    ]

    private static func compare(
        _ after: [PhasedProgram.Stack] = after, hasTimes: Bool = true
    ) throws -> ProfileComparison {
        var random = SeededGenerator(state: 31)
        let metadata = SampleProfiles.metadata(command: "server --fast", processes: [77])
        let first = PhasedProgram(before).record(6_000, hasTimes: hasTimes, using: &random)
        let second = PhasedProgram(after).record(
            9_000, hasTimes: hasTimes, metadata: metadata, using: &random)
        return try ProfileComparison(first, second)
    }

    @Test func `The table matches the golden`() throws {
        let comparison = try Self.compare()
        try Goldens.expect(ComparisonTable(comparison, limit: nil).text(columns: 100), equals: "comparison.txt")
        let all = ComparisonTable(comparison, limit: 9, showsChance: true).text(columns: 60)
        try Goldens.expect(all, equals: "comparison-all.txt")
    }

    @Test func `The same program's table has no rows`() throws {
        let text = ComparisonTable(try Self.compare(Self.before), limit: nil).text(columns: 100)
        #expect(text.contains("No function differs by more than chance explains; 9 functions compared, such as "))
        #expect(!text.contains("FUNCTION"))
    }

    @Test(arguments: HostileNames.all, [40, 60]) func `No line is wider than asked`(name: String, columns: Int) throws {
        let named = Self.after.map { ($0.rootFirst.map { $0 == "send" ? name : $0 }, $0.share) }
        let text = ComparisonTable(try Self.compare(named), limit: nil).text(columns: columns)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { $0.unicodeScalars.count <= columns })
        #expect(!text.contains("\u{1b}"))
    }

    @Test func `The differential flame graph matches the golden`() throws {
        let svg = try DifferentialFlameGraph(try Self.compare()).svg
        // What zlib makes of the data depends on its version.
        try Goldens.expect(svg.replacing(#/(class="tree">)[^<]+/#) { "\($0.1)…" }, equals: "comparison.svg")
        let file = try SVGFile(parsing: svg)
        let titles = file.rows.joined().map(\.title)
        #expect(titles.contains { $0.hasPrefix("send (") && $0.contains("→") && $0.contains("grew: +") })
        #expect(titles.contains { $0.hasPrefix("write (") && $0.contains("no more than chance") })
        #expect(!titles.contains { $0.hasPrefix("poll (") })
        #expect(svg.contains("</tspan> grew") && svg.contains("</tspan> no more than chance"))
    }

    @Test func `Widths before show what is gone`() throws {
        let file = try SVGFile(parsing: try DifferentialFlameGraph(try Self.compare(), widths: .before).svg)
        let titles = file.rows.joined().map(\.title)
        #expect(titles.contains { $0.hasPrefix("poll (") && $0.contains("shrank: -") })
        #expect(titles.contains { $0.hasPrefix("scan (") && $0.contains("moved: -") })
        #expect(!titles.contains { $0.hasPrefix("wait (") })
    }

    @Test func `Folded stacks have both counts, scaled to those after`() throws {
        let before = SampleProfiles.profile([(["main", "a"], 10), (["main", "Thread 3"], 30)])
        let after = SampleProfiles.profile([(["main", "a"], 60), (["main", "b"], 20)])
        let folded = DifferentialFoldedStacks(before: before, after: after, grouping: .process)
        #expect(folded.text == "worker;main;Thread_3 60 0\nworker;main;a 20 60\nworker;main;b 0 20\n")
        let empty = DifferentialFoldedStacks(before: before, after: SampleProfiles.empty, grouping: .process)
        #expect(empty.lines.map(\.before) == [30, 10])
    }
}
