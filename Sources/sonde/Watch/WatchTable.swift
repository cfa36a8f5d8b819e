import MemoryTrends
import ProfileModel
import SystemSupport

/// A line for each process, and one for the evidence of each that grows.
struct WatchTable {
    private let watched: [WatchedProcess]

    init(_ watched: [WatchedProcess]) { self.watched = watched }

    /// What is read first comes first: columns are dropped from the right.
    private static let heading = [
        "PID", "NAME", "LEAK", "TIME LEFT", "OWN", "GREW", "PER HOUR", "RESIDENT", "CPU",
    ]
    /// PID, name and verdict.
    private static let kept = 3
    /// Columns of a name in a terminal.
    private static let longestName = 24

    /// - Parameter columns: Those of the terminal, none of which a line exceeds; `nil` where there is none.
    func text(_ style: TextStyle, columns: Int? = nil) -> String {
        var table = TextTable(Self.heading, words: 1..<3)
        var evidence = ""
        for process in watched {
            let cells = VerdictCells(process.verdict)
            let name = columns == nil ? process.name : TextColumns.clipped(process.name, to: Self.longestName)
            table.add([process.process.description, name, process.leakText] + figures(process, cells))
            evidence += cells.evidence(
                on: "\(process.name) (PID \(process.process))", style, columns: columns)
        }
        let lines = columns.map { table.text(style, columns: $0, keeping: Self.kept) } ?? table.text(style)
        return lines + evidence
    }

    private func figures(_ process: WatchedProcess, _ cells: VerdictCells) -> [String] {
        guard let reading = process.latest else { return [] }
        return [
            cells.timeLeft, NumberText.bytes(reading.leakable), cells.grew, cells.perHour,
            NumberText.bytes(reading.resident), reading.cpuShare.map { NumberText.percent($0) } ?? VerdictCells.unknown,
        ]
    }
}

extension WatchedProcess {
    /// The verdict, or how far the first window has come.
    var leakText: String {
        let verdict = verdict
        if hasEnded { return verdict.isJudged ? "\(verdict.level.rawValue) (ended)" : "ended" }
        guard !verdict.isJudged else { return verdict.level.rawValue }
        guard let seen = observedSeconds, seen < shortestWindow else {
            return latest == nil ? VerdictCells.unknown : "too few readings"
        }
        return "too early (\(Self.wholeSeconds(seen)) of \(Self.wholeSeconds(shortestWindow)))"
    }

    /// `10 s`, `1 min 30 s`.
    private static func wholeSeconds(_ seconds: Double) -> String {
        seconds < 60
            ? NumberText.decimal(seconds.rounded(.down), digits: 0) + " s"
            : NumberText.duration(seconds: seconds.rounded(.down))
    }
}
