import ArgumentParser
import Glibc
import ProfileFormats
import ProfileModel
import Profiles
import Statistics
import SystemSupport

/// `sonde diff`.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare two recordings: what grew, what shrank, and what is no more than chance.",
        discussion: """
            Shares are compared, so recordings may differ in length and rate. A function is in the table when chance \
            doesn't explain its difference: with recordings of the same program, at most about one comparison of twenty \
            shows any. Code that moved between functions of one caller is called moved, not grown. ± is half of the 95 % \
            interval, in percentage points.

            Phases of a program can be told from differences only where files say when samples were taken (json, perf, \
            html); folded and pprof files don't.

            EXAMPLES
              sonde diff before.json after.json
              sonde diff before.json after.json -o diff.svg
              sonde diff recording.json --before 0s-30s --after 30s-60s
              sonde diff --total main.json branch.json --json | jq '.functions[] | select(.verdict == "grew")'
              sonde diff --fail-on-growth 1 main.json branch.json

            EXIT CODES
              0   the profiles were compared, whatever differs
              1   a file can't be read, or the profiles can't be compared
              3   with --fail-on-growth, a function grew or is new
              64  wrong usage
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
        case svg
        case folded
    }

    @Argument(help: ArgumentHelp("The first profile; - reads standard input.", valueName: "before"))
    var beforeFile: String

    @Argument(
        help: ArgumentHelp(
            "The second profile. (default: the first one, of which --before and --after name parts)",
            valueName: "after"))
    var afterFile: String?

    @Option(help: ArgumentHelp("What is compared of the first profile, such as 0s-30s or 5m-.", valueName: "range"))
    var before: TimeRange?

    @Option(help: ArgumentHelp("What is compared of the second profile, such as 30s-60s.", valueName: "range"))
    var after: TimeRange?

    @Flag(help: "Compare the samples that functions are anywhere in, not only those that end in them.")
    var total = false

    @Option(
        name: [.short, .long],
        help: """
            text: a table. json. svg: differential flame graph. folded: stacks with both counts, for flamegraph.pl. \
            (default: by the output's file name, else text)
            """)
    var format: Format?

    @Option(name: [.short, .long], help: ArgumentHelp("Output file. (default: standard output)", valueName: "file"))
    var output: String?

    @Flag(help: "Write JSON.")
    var json = false

    @Option(help: ArgumentHelp("The most functions in the table; 0 shows all.", valueName: "functions"))
    var limit = 20

    @Flag(help: "Show the functions too whose differences are no more than chance.")
    var all = false

    @Option(help: "The profile whose shares are the widths of the flame graph: before or after.")
    var widths = ComparedSide.after

    @Flag(
        inversion: .prefixedNo,
        help: """
            Draw the flame graph with its root at the top, or at the bottom. (default: at the bottom, unless the graph is \
            higher than a screen)
            """)
    var icicle: Bool?

    @Option(
        help: ArgumentHelp(
            "Exit with 3 when a function grew or is new by more than so many percentage points, and not by chance.",
            valueName: "points"))
    var failOnGrowth: Double?

    func validate() throws {
        if afterFile == nil, before == nil || after == nil {
            throw ValidationError("Name two files, or parts of one: --before 0s-30s --after 30s-60s.")
        }
        guard !json || format == nil || format == .json else { throw ValidationError("--json is --format json.") }
        guard limit >= 0 else { throw ValidationError("--limit must be 0 or more.") }
        if let failOnGrowth, !(0...100).contains(failOnGrowth) {
            throw ValidationError("--fail-on-growth must be 0 to 100 percentage points.")
        }
    }

    func run() throws {
        try reportingFailure { () throws(CommandFailure) in
            let (first, second) = try profiles()
            let comparison: ProfileComparison
            do {
                comparison = try ProfileComparison(first, second, measure: total ? .total : .own)
            } catch {
                throw CommandFailure("\(error)")
            }
            for warning in comparison.warnings { Console.warn(warning.description) }
            try write(comparison, first, second)
            try check(comparison)
        }
    }

    private func profiles() throws(CommandFailure) -> (Profile, Profile) {
        let first = try ProfileFile.read(beforeFile)
        let second = try afterFile.map { path throws(CommandFailure) in try ProfileFile.read(path) } ?? first
        return (try Self.cut(first, to: before), try Self.cut(second, to: after))
    }

    private static func cut(_ profile: Profile, to range: TimeRange?) throws(CommandFailure) -> Profile {
        guard let range else { return profile }
        var filter = ProfileFilter()
        filter.time = range.nanoseconds
        do {
            return try filter.apply(to: profile)
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    private func write(
        _ comparison: ProfileComparison, _ first: Profile, _ second: Profile
    ) throws(CommandFailure) {
        let text =
            switch chosenFormat {
            case .text: table(comparison, columns: output == nil ? Self.columns : Int.max)
            case .json: try JSONText.of(DiffReport(comparison))
            case .svg:
                DifferentialFlameGraph(
                    comparison, widths: widths, orientation: icicle.map { $0 ? .icicles : .flames }
                ).svg
            case .folded: DifferentialFoldedStacks(before: first, after: second, grouping: .process).text
            }
        guard let output, output != "-" else { return try StandardStream.show(text) }
        try Destination(path: output).write(Array(text.utf8))
        if chosenFormat == .svg { try StandardStream.show(table(comparison, columns: Self.columns)) }
    }

    private func table(_ comparison: ProfileComparison, columns: Int) -> String {
        ComparisonTable(comparison, limit: limit == 0 ? nil : limit, showsChance: all).text(columns: columns)
    }

    /// Of standard output; lines that go elsewhere are whole.
    private static var columns: Int {
        isatty(STDOUT_FILENO) == 1 ? Console.terminalSize(of: STDOUT_FILENO).columns : Int.max
    }

    private var chosenFormat: Format {
        if json { return .json }
        return format ?? Format.allCases.first { output?.hasSuffix("." + $0.rawValue) == true } ?? .text
    }

    private func check(_ comparison: ProfileComparison) throws(CommandFailure) {
        guard let failOnGrowth else { return }
        let grown = comparison.functions.filter { function in
            [.grew, .new].contains(function.verdict) && function.change.difference * 100 > failOnGrowth
        }
        guard let first = grown.first else { return }
        let others = grown.count > 1 ? " and \(NumberText.count(grown.count - 1, "other function"))" : ""
        throw CommandFailure("\(printable(first.name))\(others) grew", exitCode: 3)
    }
}

extension ComparedSide: ExpressibleByArgument {}

/// A part of a recording on the command line: `0s-30s`, `5m-`, `-90s`.
struct TimeRange: ExpressibleByArgument {
    /// Since the recording's start.
    let nanoseconds: Range<UInt64>

    init?(argument: String) {
        let ends = argument.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, argument != "-" else { return nil }
        guard let start = Self.nanoseconds(ends[0], default: 0), let end = Self.nanoseconds(ends[1], default: .max),
            start < end
        else { return nil }
        nanoseconds = start..<end
    }

    private static func nanoseconds(_ text: Substring, default edge: UInt64) -> UInt64? {
        if text.isEmpty { return edge }
        if text == "0" || text == "0s" { return 0 }
        return TimeSpan(argument: String(text)).flatMap { UInt64(exactly: ($0.seconds * 1e9).rounded()) }
    }
}
