import MemoryTrends
import SystemSupport

/// The verdicts on all recorded processes, the surest leak first.
struct TrendComparison {
    private let reports: [TrendReport]

    /// - Parameter reports: at least one.
    init(_ reports: [TrendReport]) {
        self.reports = reports.enumerated()
            .sorted { (Self.rank($1.element), $0.offset) < (Self.rank($0.element), $1.offset) }.map(\.element)
    }

    /// What is not judged comes last.
    private static func rank(_ report: TrendReport) -> Int {
        guard report.whole.isJudged else { return -1 }
        return LeakLevel.allCases.firstIndex(of: report.whole.level) ?? 0
    }

    /// Whether one of them probably leaks.
    var hasLeak: Bool { reports.contains { $0.whole.level >= .suspected } }

    /// - Parameter columns: those of the terminal; `nil` where there is none.
    func text(_ style: TextStyle, columns: Int?) -> String {
        if reports.count == 1 { return reports[0].text(style) }
        var table = TextTable(
            ["PID", "NAME", "LEAK", "TIME LEFT", "NOW", "GREW", "PER HOUR", "OVER", "READINGS"], words: 1..<3)
        var evidence = ""
        for report in reports {
            let cells = VerdictCells(report.whole)
            table.add([
                report.pidText, report.nameText, report.whole.words, cells.timeLeft,
                NumberText.bytes(report.whole.currentBytes), cells.grew, cells.perHour,
                NumberText.duration(seconds: report.whole.window), NumberText.grouped(report.readings),
            ])
            evidence += cells.evidence(on: "\(report.nameText) (PID \(report.pidText))", style, columns: columns)
        }
        return (columns.map { table.text(style, columns: $0, keeping: 3) } ?? table.text(style)) + evidence
    }

    /// The figures of the surest leak, and those of all processes beside them.
    var document: JSONDocument<Figures> {
        JSONDocument(.trend, about: reports[0].described, start: reports[0].start, Figures(reports: reports))
    }

    struct Figures: Encodable {
        fileprivate let reports: [TrendReport]

        private enum Key: CodingKey { case processes }

        func encode(to encoder: any Encoder) throws {
            try reports[0].figures.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(reports.map(Process.init), forKey: .processes)
        }
    }

    private struct Process: Encodable {
        let report: TrendReport

        private enum Key: CodingKey { case pid, name, start }

        func encode(to encoder: any Encoder) throws {
            try report.figures.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(report.described?.pid, forKey: .pid)
            try container.encode(report.described?.name, forKey: .name)
            try container.encode(report.start?.rfc3339, forKey: .start)
        }
    }
}

extension TrendReport {
    fileprivate var pidText: String { described?.pid.map(String.init) ?? VerdictCells.unknown }
    fileprivate var nameText: String { described?.name ?? VerdictCells.unknown }
}
