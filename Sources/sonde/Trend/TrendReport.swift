import MemoryTrends
import ProfileModel
import SystemSupport

/// The verdict on the recorded series of one process.
struct TrendReport {
    let described: DescribedProcess?
    let whole: LeakVerdict
    /// The verdicts on the latest windows, as the agent evaluates them.
    private let parts: [LeakVerdict]
    let readings: Int
    /// When the first of them was taken; `nil` without any.
    let start: UTCTimestamp?

    /// - Parameters:
    ///   - seconds: the latest part that is evaluated; `nil` for all.
    ///   - limit: bytes at which the process is killed.
    init(_ recorded: SeriesFile.Series, latest seconds: Double?, limit: UInt64?) {
        described = recorded.process.map { process in
            DescribedProcess(recorded: process.rawValue, name: recorded.name.map { printable($0) })
        }
        let series = recorded.readings.series.latest(seconds: seconds)
        whole = MemoryTrend.verdict(ofWhole: series, startOfLife: nil, limit: limit)
        parts = LeakCriteria.standard.windows.filter { $0 < series.span * 0.9 }.map { window in
            MemoryTrend.verdict(ofWhole: series.latest(seconds: window), startOfLife: nil, limit: limit)
        }
        readings = series.readings.count
        start = series.readings.first.map { UTCTimestamp(secondsSince1970: $0.seconds) }
    }

    /// The verdict, and those on the windows, for people.
    func text(_ style: TextStyle) -> String {
        var lines = [style.applied(.bold, to: "Leak: \(whole.words)"), whole.evidence, "", "Windows"]
        for verdict in parts + [whole] {
            let length = NumberText.decimal(verdict.window / 3_600, digits: 1)
            lines.append("  \(length) h: \(verdict.words), \(verdict.evidence)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The figures, with the verdicts on the windows in them.
    var figures: TrendFigures { TrendFigures(whole, readings: readings, windows: parts.map { TrendFigures($0) }) }
}

extension LeakVerdict {
    /// The level, and `not judged` where there are too few readings for one.
    var words: String { isJudged ? level.rawValue : "not judged" }

    /// A figure of the judged window; `nil` where there is none.
    func known(_ figure: KeyPath<LeakVerdict, Double>) -> Double? { isJudged ? self[keyPath: figure] : nil }
}

/// A verdict as JSON.
struct TrendFigures: Encodable {
    private let verdict: LeakVerdict
    /// `nil` of a window of the series.
    private let readings: Int?
    private let windows: [TrendFigures]

    init(_ verdict: LeakVerdict, readings: Int? = nil, windows: [TrendFigures] = []) {
        self.verdict = verdict
        self.readings = readings
        self.windows = windows
    }

    private enum Key: CodingKey {
        case verdict, evidence, findings, readings, windows
        case slopeBytesPerSecond, slopeLowBytesPerSecond, slopeHighBytesPerSecond, floorGrowthBytes
        case secondsToLimit, windowSeconds, currentBytes, limitBytes
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(verdict.label, forKey: .verdict)
        try container.encode(verdict.known(\.slope), forKey: .slopeBytesPerSecond)
        try container.encode(verdict.known(\.slopeInterval.lowerBound), forKey: .slopeLowBytesPerSecond)
        try container.encode(verdict.known(\.slopeInterval.upperBound), forKey: .slopeHighBytesPerSecond)
        try container.encode(verdict.known(\.floorGrowth), forKey: .floorGrowthBytes)
        // Unknown is null, not left out.
        try container.encode(verdict.secondsToLimit, forKey: .secondsToLimit)
        try container.encode(verdict.evidence, forKey: .evidence)
        try container.encode(verdict.findings.map(\.rawValue), forKey: .findings)
        try container.encode(verdict.known(\.window), forKey: .windowSeconds)
        try container.encode(verdict.currentBytes, forKey: .currentBytes)
        try container.encode(verdict.limitBytes, forKey: .limitBytes)
        guard let readings else { return }
        try container.encode(readings, forKey: .readings)
        try container.encode(windows, forKey: .windows)
    }
}
