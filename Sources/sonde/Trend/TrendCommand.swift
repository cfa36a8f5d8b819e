import ArgumentParser
import Glibc
import MemoryTrends
import ProfileModel
import SystemSupport

/// `sonde trend`.
struct TrendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trend",
        abstract: "Decide from recorded series of memory readings which processes leak.",
        discussion: """
            The file has comma-separated values. Its first line names the columns; timestamp (seconds) and bytes are \
            read, and pid and name if there are several processes, which are judged in one table then. All that the file \
            has of a process is evaluated as one window; it needs 24 readings or more.

            The verdict is none, warning, suspected or confirmed, and not_judged in JSON where there are too few readings. \
            The best input is memory that only leaks make grow: heap bytes in use, or RssAnon + VmSwap of \
            /proc/PID/status.

            EXAMPLES
              sonde trend memory.csv --memory-limit 2G
              sonde trend --window 6h --json memory.csv | jq -r .verdict
              sonde trend --exit-code memory.csv || echo "one leaks, or the file can't be read"
            """ + ExitStatusHelp.text([2: "with --exit-code: a leak is suspected or confirmed"], without: [77]))

    @Argument(help: ArgumentHelp("The file; - reads standard input.", valueName: "file.csv"))
    var file: String

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "Processes to evaluate of a file with a column pid: 812 or 812,901; repeatable.", valueName: "pid"))
    var pid: [ProcessList] = []

    @Flag(help: "Write JSON: the figures of the surest leak, and those of each process.")
    var json = false

    @Flag(help: "Exit with status 2 if a leak is suspected or confirmed.")
    var exitCode = false

    @Option(
        name: .customLong("memory-limit"),
        help: ArgumentHelp("The memory limit, in bytes or with K, M, G or T.", valueName: "bytes"))
    var limit: ByteCount?

    @Option(help: ArgumentHelp("Evaluate only the latest 90s, 15m, 6h, 3d …", valueName: "time"))
    var window: TimeSpan?

    /// For `--exit-code`; 1 is a failure.
    private static let leakExitCode: Int32 = 2

    func validate() throws { try ProcessList.validate(pid) }

    func run() throws {
        var hasLeak = false
        try reportingFailure { () throws(CommandFailure) in
            let recorded = try SeriesFile(readingFrom: file, of: pid.flatMap(\.processes))
            warn(about: recorded)
            let trends = TrendComparison(
                recorded.series.map { TrendReport($0, latest: window?.seconds, limit: limit?.bytes) })
            hasLeak = trends.hasLeak
            let text =
                json
                ? try JSONText.of(trends.document)
                : trends.text(TextStyle(for: STDOUT_FILENO), columns: Console.outputColumns)
            try StandardStream.show(text)
        }
        if exitCode, hasLeak { throw ExitCode(Self.leakExitCode) }
    }

    private func warn(about recorded: SeriesFile) {
        if recorded.emptyRows > 0, let line = recorded.firstEmptyLine {
            let rows = NumberText.count(recorded.emptyRows, "row")
            Console.warn("\(rows) without a finite timestamp or number of bytes skipped, the first in line \(line)")
        }
        if recorded.hasIncompleteRow { Console.warn("the last line is incomplete and was skipped") }
        for series in recorded.series { warn(about: series, isOnly: recorded.series.count == 1) }
    }

    private func warn(about series: SeriesFile.Series, isOnly: Bool) {
        let readings = series.readings
        let whose = isOnly ? "" : series.process.map { "process \($0): " } ?? "a process without a number: "
        if readings.isUnordered { Console.warn("\(whose)rows are not in the order of time; they were sorted") }
        let kept = readings.series.readings.count
        if readings.groupSize > 1 {
            let total = NumberText.grouped(readings.total)
            Console.warn("\(whose)\(total) rows were reduced to the lowest of each \(readings.groupSize)")
        } else if kept < readings.total {
            let rows = NumberText.count(readings.total - kept, "row")
            Console.warn("\(whose)\(rows) with a duplicate timestamp skipped; the lowest reading of each was kept")
        }
    }
}
