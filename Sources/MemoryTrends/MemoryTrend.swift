/// The leak verdict on a series of readings.
package enum MemoryTrend {
    /// Judges every window that the series fills, and combines what they say.
    ///
    /// - Parameters:
    ///   - startOfLife: when the process started, on the readings' clock; `nil` when that isn't known.
    ///   - limit: bytes at which the process is killed.
    package static func verdict(
        of series: MemorySeries, startOfLife: Double?, limit: UInt64?, criteria: LeakCriteria = .standard
    ) -> LeakVerdict {
        var floors = MemoryFloors(criteria: criteria)
        for reading in series.readings { floors.add(reading) }
        return floors.verdict(startOfLife: startOfLife, limit: limit)
    }

    /// Judges all of a series as one window, however long it is.
    package static func verdict(
        ofWhole series: MemorySeries, startOfLife: Double?, limit: UInt64?, criteria: LeakCriteria = .standard
    ) -> LeakVerdict {
        var criteria = criteria
        let count = Double(series.readings.count)
        // Each reading stands for the time up to the next.
        criteria.windows = series.span > 0 ? [series.span * count / (count - 1)] : []
        criteria.startSkip = 0
        var floors = MemoryFloors(criteria: criteria, origin: series.readings.first?.seconds ?? 0)
        for reading in series.readings { floors.add(reading) }
        return floors.verdict(startOfLife: startOfLife, limit: limit)
    }
}
