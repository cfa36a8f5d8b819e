import MemoryTrends
import SystemSupport

/// How tables show the verdict on a process.
struct VerdictCells {
    private let verdict: LeakVerdict

    init(_ verdict: LeakVerdict) { self.verdict = verdict }

    static let unknown = "–"

    var timeLeft: String { verdict.secondsToLimit.map(NumberText.duration(seconds:)) ?? Self.unknown }

    var grew: String { verdict.hasTrend ? Self.signed(verdict.floorGrowth) : Self.unknown }

    var perHour: String { verdict.hasTrend ? Self.signed(verdict.slope * 3600) : Self.unknown }

    private static func signed(_ bytes: Double) -> String {
        let rounded = Int64(exactly: bytes.rounded()) ?? 0
        return (rounded > 0 ? "+" : "") + NumberText.bytes(rounded)
    }

    /// The evidence under a table, each line in colour; nothing where there is none of a leak.
    ///
    /// - Parameters:
    ///   - title: of the process.
    ///   - columns: those of a terminal, none of which a line exceeds; `nil` where there is none.
    func evidence(on title: String, _ style: TextStyle, columns: Int?) -> String {
        guard verdict.level > .none else { return "" }
        let text = "\(title): \(verdict.evidence)"
        let lines = columns.map { WrappedText.lines(of: text, columns: $0) } ?? [text]
        return lines.map { style.applied(verdict.level >= .suspected ? .red : .yellow, to: $0) + "\n" }.joined()
    }
}

extension LeakVerdict {
    /// The level in JSON, and `not_judged` where there are too few readings for one.
    var label: String { isJudged ? level.rawValue : "not_judged" }

    /// Whether there were enough readings for figures.
    fileprivate var hasTrend: Bool { level > .none || !findings.contains(.tooFewReadings) }
}
