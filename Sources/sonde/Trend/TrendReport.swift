import MemoryTrends
import SystemSupport

/// The verdict on a recorded series, for people and for programs.
struct TrendReport {
    private let whole: LeakVerdict
    /// The verdicts on the latest windows, as the agent evaluates them.
    private let parts: [LeakVerdict]
    private let readings: Int

    init(_ series: MemorySeries, limit: UInt64?) {
        whole = MemoryTrend.verdict(ofWhole: series, startOfLife: nil, limit: limit)
        parts = LeakCriteria.standard.windows.filter { $0 < series.span * 0.9 }.map { window in
            MemoryTrend.verdict(ofWhole: series.latest(seconds: window), startOfLife: nil, limit: limit)
        }
        readings = series.readings.count
    }

    func text(_ style: TextStyle) -> String {
        var lines = [style.applied(.bold, to: "Leak: \(whole.level.rawValue)"), whole.evidence, "", "Windows"]
        for verdict in parts + [whole] {
            let length = NumberText.decimal(verdict.window / 3_600, digits: 1)
            lines.append("  \(length) h: \(verdict.level.rawValue), \(verdict.evidence)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One object, with the verdicts on the windows in it.
    var figures: some Encodable { Figures(verdict: whole, parts: parts, readings: readings) }

    private struct Figures: Encodable {
        let verdict: LeakVerdict
        let parts: [LeakVerdict]
        let readings: Int?

        private enum Key: String, CodingKey {
            case verdict, evidence, findings, readings, windows
            case slope = "slope_bytes_per_second"
            case slopeLow = "slope_low"
            case slopeHigh = "slope_high"
            case growth = "floor_growth_bytes"
            case secondsToLimit = "seconds_to_limit"
            case window = "window_seconds"
            case current = "current_bytes"
            case limit = "limit_bytes"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(verdict.level.rawValue, forKey: .verdict)
            try container.encode(verdict.slope, forKey: .slope)
            try container.encode(verdict.slopeInterval.lowerBound, forKey: .slopeLow)
            try container.encode(verdict.slopeInterval.upperBound, forKey: .slopeHigh)
            try container.encode(verdict.floorGrowth, forKey: .growth)
            // Unknown is null, not left out.
            try container.encode(verdict.secondsToLimit, forKey: .secondsToLimit)
            try container.encode(verdict.evidence, forKey: .evidence)
            try container.encode(verdict.findings.map(\.rawValue), forKey: .findings)
            try container.encode(verdict.window, forKey: .window)
            try container.encode(verdict.currentBytes, forKey: .current)
            try container.encode(verdict.limitBytes, forKey: .limit)
            guard let readings else { return }
            try container.encode(readings, forKey: .readings)
            try container.encode(
                parts.map { Figures(verdict: $0, parts: [], readings: nil) }, forKey: .windows)
        }
    }
}
