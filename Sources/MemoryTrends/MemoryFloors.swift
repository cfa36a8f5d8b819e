/// The floors of one process's memory over all windows: what has to be kept of it to judge it again and again.
///
/// Each window takes some 500 bytes, however many readings come. Adding the stored readings again after a
/// restart, in the order of time, gives the same floors.
package struct MemoryFloors: Sendable, Equatable {
    package let criteria: LeakCriteria
    private var windows: [FloorWindow]

    /// - Parameter origin: where blocks of time begin, in seconds.
    package init(criteria: LeakCriteria = .standard, origin: Double = 0) {
        self.criteria = criteria
        windows = criteria.windows.map { FloorWindow(window: $0, origin: origin) }
    }

    /// All of a series as one window, in as many blocks as its readings fill.
    init(ofWhole series: MemorySeries, criteria: LeakCriteria) {
        var criteria = criteria
        let count = series.readings.count
        // Each reading stands for the time up to the next, and a single one for any time.
        let window = count > 1 ? series.span * Double(count) / Double(count - 1) : 1
        criteria.windows = [window]
        criteria.startSkip = 0
        self.criteria = criteria
        windows = [FloorWindow(ofWhole: series, window: window)]
    }

    /// Adds a reading, in constant time.
    package mutating func add(_ reading: MemoryReading) {
        for index in windows.indices { windows[index].add(reading) }
    }

    /// The verdict as of the latest reading.
    ///
    /// - Parameters:
    ///   - startOfLife: when the process started, on the readings' clock; `nil` when that isn't known.
    ///   - limit: bytes at which the process is killed.
    ///   - room: what is left below the limit, which the time left goes by.
    package func verdict(startOfLife: Double?, limit: UInt64?, room: MemoryRoom) -> LeakVerdict {
        var latest = LatestJudgements()
        return verdict(startOfLife: startOfLife, limit: limit, room: room, reusing: &latest)
    }

    /// The same, without judging those windows again whose floors are the same as before.
    ///
    /// - Parameter latest: of these floors, and of none others.
    package func verdict(
        startOfLife: Double?, limit: UInt64?, room: MemoryRoom, reusing latest: inout LatestJudgements
    ) -> LeakVerdict {
        let text = VerdictText(limit: limit, room: room, current: windows.first?.lastReading?.bytes ?? 0)
        if latest.windows.count != windows.count { latest.windows = windows.map { _ in nil } }
        let judged = windows.indices.compactMap { index in
            JudgedWindow(windows[index], startOfLife: startOfLife, criteria, reusing: &latest.windows[index])
        }
        let combined = JudgedWindow.combined(judged) { window, judgement in
            criteria.suffices(window, secondsLeft: text.secondsToLimit(judgement))
        }
        return text.verdict(combined ?? WindowJudgement(readings: 0, window: 0))
    }
}

/// The judgements of all windows of one process that were made last.
package struct LatestJudgements: Sendable {
    fileprivate var windows: [LatestJudgement?] = []

    package init() {}
}

/// The leak verdict on a series of readings, which is assumed to fill its limit alone.
package enum MemoryTrend {
    /// Judges every window that the series fills, and combines the verdicts.
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
