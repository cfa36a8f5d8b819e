/// The leak verdict on a series of readings, of which nobody says who else fills the limit.
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
        return floors.verdict(startOfLife: startOfLife, limit: limit, room: .alone)
    }

    /// Judges all of a series as one window, however long it is.
    package static func verdict(
        ofWhole series: MemorySeries, startOfLife: Double?, limit: UInt64?, criteria: LeakCriteria = .standard
    ) -> LeakVerdict {
        MemoryFloors(ofWhole: series, criteria: criteria)
            .verdict(startOfLife: startOfLife, limit: limit, room: .alone)
    }
}
