package import MemoryTrends

/// How series of one family are judged.
package struct FamilyScore: Sendable {
    package let family: TrendFamily
    package let count: Int
    /// Series at each level.
    private let levels: [LeakLevel: Int]
    /// Shares of the window from the start of the leak, or of the series, to the first look that reached a level.
    private let delays: [LeakLevel: [Double]]

    /// - Parameters:
    ///   - measuresDelay: whether series are judged again and again as they grow, after each 5 % of the window, which takes 20 times as long.
    ///   - readings: how many of a series are judged, at equal distances.
    package init(
        _ family: TrendFamily, seed: UInt64, count: Int, measuresDelay: Bool = false,
        readings: Int = TrendFamily.readings
    ) {
        self.family = family
        self.count = count
        var levels: [LeakLevel: Int] = [:]
        var delays: [LeakLevel: [Double]] = [:]
        for index in 0..<count {
            let series = Self.thinned(family.series(seed: seed, index: index), to: readings)
            levels[Self.level(of: series, until: 1), default: 0] += 1
            guard measuresDelay else { continue }
            let onset = family.onset ?? 0
            for level in [LeakLevel.suspected, .confirmed] {
                let found = stride(from: onset + 0.05, through: 1.001, by: 0.05).first { share in
                    Self.level(of: series, until: share) >= level
                }
                if let found { delays[level, default: []].append(found - onset) }
            }
        }
        self.levels = levels
        self.delays = delays
    }

    private static func thinned(_ series: [UInt64], to count: Int) -> [MemoryReading] {
        (0..<min(count, series.count)).map { index in
            let minute = index * series.count / count
            return MemoryReading(seconds: Double(minute) * 60, bytes: series[minute])
        }
    }

    private static func level(of series: [MemoryReading], until share: Double) -> LeakLevel {
        let readings = Array(series.prefix(Int(Double(series.count) * share)))
        return MemoryTrend.verdict(ofWhole: MemorySeries(readings), startOfLife: nil, limit: nil).level
    }

    /// Series that reach a level.
    package func reaching(_ level: LeakLevel) -> Int { levels.reduce(0) { $0 + ($1.key >= level ? $1.value : 0) } }

    /// Series that reach a level at any of the looks, as an observer who looks again and again sees them.
    package func everReaching(_ level: LeakLevel) -> Int { delays[level]?.count ?? 0 }

    /// The median share of the window until a level is reached; `nil` when that was not measured, or not in most series.
    package func medianDelay(to level: LeakLevel) -> Double? {
        guard family.leaks, let found = delays[level]?.sorted(), found.count > count / 2 else { return nil }
        return found[count / 2]
    }
}

extension [FamilyScore] {
    /// The share of all series that reach a level, of those that leak or of those that don't.
    package func rate(_ level: LeakLevel, leaks: Bool) -> Double {
        let chosen = filter { $0.family.leaks == leaks }
        let all = chosen.reduce(0) { $0 + $1.count }
        return all == 0 ? 0 : Double(chosen.reduce(0) { $0 + $1.reaching(level) }) / Double(all)
    }
}
