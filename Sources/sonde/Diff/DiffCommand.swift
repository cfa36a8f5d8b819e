import ArgumentParser
import Glibc
import ProfileFormats
import Profiles
import SystemSupport
import WorkerProtocol

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

            Phases of a program are distinguished from differences only where files say when samples were taken (json and \
            perf); folded and pprof files don't.

            EXAMPLES
              sonde diff before.json after.json
              sonde diff before.json after.json -o diff.svg
              sonde diff before.json after.json -o diff.html
              sonde diff recording.json --before 0s-30s --after 30s-60s
              sonde diff --total main.json branch.json --json | jq '.functions[] | select(.verdict == "grew")'
              sonde diff --fail-on-growth 1 main.json branch.json
            """ + ExitStatusHelp.text([3: "with --fail-on-growth: a function grew or is new"], without: [77]))

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

    @Flag(help: "Compare the frames of Python functions only; a stack without any is one frame [native].")
    var pythonOnly = false

    @Option(
        name: [.short, .long],
        help: """
            text: a table. json. svg: differential flame graph. html: a page with the flame graph and the table. folded: \
            stacks with both counts, for flamegraph.pl. \
            (default: by the output's file name, else text)
            """)
    var format: DiffFormat?

    @Option(name: [.short, .long], help: ArgumentHelp("Output file. (default: standard output)", valueName: "file"))
    var output: String?

    @Flag(help: "Write JSON.")
    var json = false

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Rows of the table to show, 0 for all.", valueName: "rows"))
    var limit = RowLimit(20)

    @Flag(help: "Show the functions too whose differences are no more than chance.")
    var all = false

    @Option(help: "The profile whose shares are the widths of the flame graph: before or after. A page can show both.")
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
        if beforeFile == "-", afterFile == "-" { throw ValidationError("Standard input is one profile, not two.") }
        if output?.isEmpty == true { throw ValidationError("-o needs a file name, or - for standard output.") }
        if format == nil, !json {
            try OutputEnding.check(output, known: DiffFormat.allCases.map(\.rawValue) + ["htm", "txt"])
        }
        if chosenFormat.isPicture, output == nil || output == "-", isatty(STDOUT_FILENO) == 1 {
            throw ValidationError("A picture is not for a terminal: name a file with -o FILE.")
        }
        if !chosenFormat.isPicture, icicle != nil || widths == .before {
            throw ValidationError("--icicle and --widths apply to differential flame graphs: use -f svg or -f html.")
        }
        if let failOnGrowth, !(0...100).contains(failOnGrowth) {
            throw ValidationError("--fail-on-growth must be 0 to 100 percentage points.")
        }
    }

    func run() throws {
        try reportingFailure { () throws(CommandFailure) in
            let task = try ConfinedTask { (files, request: DiffRequest) throws(ConfinedTask.Refusal) in
                try DiffRenderer(request).result(of: files)
            }
            try InterruptSignals.install()
            let destination =
                if let output, output != "-" { try Destination(path: output) } else {
                    try Destination(standardOutputFor: "diff.txt")
                }
            let result = try result(task)
            for warning in result.warnings { Console.warn(printable(warning, limit: 1_000)) }
            try destination.write(result.content)
            if chosenFormat.isPicture, output != nil, output != "-" {
                try StandardStream.output.writeResult(Array(result.table.utf8), isTrusted: false)
            }
            if let growth = result.growth { throw CommandFailure(printable(growth), exitCode: 3) }
        }
    }

    private func result(_ task: ConfinedTask) throws(CommandFailure) -> DiffResult {
        let first = try InputFile(beforeFile)
        guard let afterFile else { return try Self.parsed(task.result(of: request, files: [first.number])) }
        let second = try InputFile(afterFile)
        return try Self.parsed(task.result(of: request, files: [first.number, second.number]))
    }

    private static func parsed(_ bytes: [UInt8]) throws(CommandFailure) -> DiffResult {
        do {
            return try DiffResult(parsing: bytes)
        } catch {
            throw CommandFailure("the process that compares sent no result that can be read; a file may be damaged")
        }
    }

    private var request: DiffRequest {
        DiffRequest(
            names: [beforeFile, afterFile ?? beforeFile].map { $0 == "-" ? "standard input" : printable($0) },
            ranges: [before, after].map { $0.map { [$0.nanoseconds.lowerBound, $0.nanoseconds.upperBound] } },
            isOfTotals: total, keepsPythonOnly: pythonOnly, format: chosenFormat, limit: limit.rows, showsChance: all,
            widthsOfBefore: widths == .before, orientation: icicle.map { $0 ? .icicles : .flames },
            columns: Console.outputColumns ?? .max, failsOnGrowth: failOnGrowth)
    }

    private var chosenFormat: DiffFormat {
        if json { return .json }
        return format ?? output.flatMap { DiffFormat(fileName: $0) } ?? .text
    }
}

extension DiffFormat: ExpressibleByArgument {}

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
        return TimeOffset(argument: String(text)).flatMap { UInt64(exactly: ($0.seconds * 1e9).rounded()) }
    }
}
