import ArgumentParser
import Glibc
import MemoryTrends
import ProfileModel
import SystemSupport

/// `sonde trend`.
struct TrendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trend",
        abstract: "Decide from a recorded series of memory readings whether a process leaks.",
        discussion: """
            The file has comma-separated values. Its first line names the columns; timestamp (seconds) and bytes are \
            read, and pid if there are several processes. The whole file is evaluated as one window; it needs 24 \
            readings or more.

            The verdict is none, warning, suspected or confirmed. The best input is memory that only leaks make \
            grow: heap bytes in use, or RssAnon + VmSwap of /proc/PID/status.

            EXAMPLES
              sonde trend memory.csv --memory-limit 2G
              sonde trend --window 6h --json memory.csv | jq -r .verdict
            """ + ExitStatusHelp.text)

    @Argument(help: ArgumentHelp("The file; - reads standard input.", valueName: "file.csv"))
    var file: String

    @Option(help: ArgumentHelp("The process to evaluate, in a file with a column pid.", valueName: "pid"))
    var pid: Int32?

    @Flag(help: "Write JSON.")
    var json = false

    @Option(
        name: .customLong("memory-limit"),
        help: ArgumentHelp("The memory limit, in bytes or with K, M, G or T.", valueName: "bytes"))
    var limit: ByteCount?

    @Option(help: ArgumentHelp("Evaluate only the latest 90s, 15m, 6h, 3d …", valueName: "time"))
    var window: TimeSpan?

    func run() throws {
        try reportingFailure { () throws(CommandFailure) in
            let recorded = try SeriesFile(readingFrom: file, of: pid.map(ProcessID.init))
            warn(about: recorded)
            let report = TrendReport(
                recorded.readings.series.latest(seconds: window?.seconds), limit: limit?.bytes)
            try StandardStream.show(json ? JSONText.of(report.figures) : report.text(TextStyle(for: STDOUT_FILENO)))
        }
    }

    private func warn(about recorded: SeriesFile) {
        if recorded.emptyRows > 0, let line = recorded.firstEmptyLine {
            let rows = NumberText.count(recorded.emptyRows, "row")
            Console.warn("\(rows) without a finite timestamp or number of bytes skipped, the first in line \(line)")
        }
        if recorded.hasIncompleteRow { Console.warn("the last line is incomplete and was skipped") }
        if recorded.readings.isUnordered { Console.warn("rows are not in the order of time; they were sorted") }
        let kept = recorded.readings.series.readings.count
        if recorded.readings.groupSize > 1 {
            let total = NumberText.grouped(recorded.readings.total)
            Console.warn("\(total) rows were reduced to the lowest of each \(recorded.readings.groupSize)")
        } else if kept < recorded.readings.total {
            let rows = NumberText.count(recorded.readings.total - kept, "row")
            Console.warn("\(rows) with a duplicate timestamp skipped; the lowest reading of each was kept")
        }
    }
}
