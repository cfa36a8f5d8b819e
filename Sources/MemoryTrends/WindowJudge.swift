/// Judges the floors of one window.
struct WindowJudge {
    struct Judgement {
        var level: LeakLevel
        var findings: [LeakFinding]
        /// Bytes a second.
        var slope: Double
        var interval: ClosedRange<Double>
        /// Bytes over the window.
        var growth: Double
        /// Seconds.
        var window: Double
    }

    let criteria: LeakCriteria

    func judgement(of floors: BlockFloors) -> Judgement {
        let fine = floors.trimmed
        let window = Double(fine.values.count) * fine.blockLength
        let coarse = fine.merged(max(1, fine.values.count / 12))
        let whole = Points(coarse)
        guard fine.readings >= 2 * fine.known, let line = TrendLine(x: whole.x, y: whole.y), whole.y.count >= 8 else {
            return Judgement(
                level: .none, findings: [.tooFewReadings], slope: 0, interval: 0...0, growth: 0, window: window)
        }
        var judgement = Judgement(
            level: .none, findings: [], slope: line.slope / coarse.blockLength,
            interval: (line.interval.lowerBound / coarse.blockLength)...(line.interval.upperBound / coarse.blockLength),
            growth: line.slope * Double(coarse.values.count - 1), window: window)
        judgement.findings = objections(whole, persistence: 0.4)
        if judgement.findings.isEmpty {
            judgement.level = .confirmed
        } else if isSustained(fine) {
            judgement.level = .suspected
        } else if latestHalf(fine).map({ objections($0, persistence: 0.4).isEmpty }) ?? false {
            judgement.level = .warning
        }
        return judgement
    }

    private func latestHalf(_ fine: BlockFloors, before: Int = 0) -> Points? {
        let count = fine.values.count / 2
        let end = fine.values.count - before
        guard end - count >= 0, count >= 8 else { return nil }
        let half = BlockFloors(
            values: Array(fine.values[(end - count)..<end]), blockLength: fine.blockLength, readings: fine.readings)
        return Points(half.merged(max(1, count / 12)))
    }

    /// Whether the latest half passes, and passed a quarter of a window ago.
    private func isSustained(_ fine: BlockFloors) -> Bool {
        guard let now = latestHalf(fine), let before = latestHalf(fine, before: fine.values.count / 4) else {
            return false
        }
        return objections(now, persistence: 0.6).isEmpty && objections(before, persistence: 0.6).isEmpty
    }

    private func objections(_ points: Points, persistence: Double) -> [LeakFinding] {
        guard let line = TrendLine(x: points.x, y: points.y), points.y.count >= 8 else { return [.tooFewReadings] }
        let (x, y) = (points.x, points.y)
        let count = y.count
        var found: [LeakFinding] = []
        let growth = line.slope * (x[count - 1] - x[0])
        let deviation = Median.deviation(of: line.residuals(x: x, y: y))
        if line.significance <= 2.576 { found.append(.noGrowth) }
        if growth <= max(criteria.smallestGrowth, criteria.smallestShare * Median.of(y)) { found.append(.small) }
        if growth <= 3 * deviation { found.append(.insignificant) }
        let half = count / 2
        let first = TrendLine(x: Array(x[..<half]), y: Array(y[..<half]))?.slope ?? 0
        let second = TrendLine(x: Array(x[half...]), y: Array(y[half...]))?.slope ?? 0
        let recent = Median.of(Array(y[(count - 3)...])) - Median.of(Array(y[(count - 6)..<(count - 3)]))
        if second <= persistence * max(first, line.slope) || recent <= 0.2 * line.slope * 3 { found.append(.plateau) }
        let rises = zip(y, y.dropFirst()).map { $1 - $0 }
        let total = y[count - 1] - y[0]
        let steady = rises.filter { $0 > 0.1 * total / Double(rises.count) }.count
        if (rises.max() ?? 0) > 0.5 * total || steady < 4 { found.append(.step) }
        if (y[(count - 3)...].min() ?? 0) <= (y[..<(count - 3)].max() ?? 0) - deviation { found.append(.sawtooth) }
        return found
    }
}

/// Floors that are known, by number of block.
struct Points {
    let x: [Double]
    let y: [Double]

    init(_ floors: BlockFloors) {
        let known = floors.values.enumerated().compactMap { index, value in value.map { (Double(index), $0) } }
        x = known.map(\.0)
        y = known.map(\.1)
    }
}
