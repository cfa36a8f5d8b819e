/// The floors of one process's memory over all windows: what has to be kept of it to judge it again and again.
///
/// With three windows it takes less than 2 KiB, however many readings come. Adding the stored readings again after a
/// restart, in the order of time, gives the same floors.
package struct MemoryFloors: Sendable, Equatable {
    package let criteria: LeakCriteria
    private var windows: [FloorWindow]

    /// - Parameter origin: where blocks of time begin, in seconds.
    package init(criteria: LeakCriteria = .standard, origin: Double = 0) {
        self.criteria = criteria
        windows = criteria.windows.map { FloorWindow(window: $0, origin: origin) }
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
    package func verdict(startOfLife: Double?, limit: UInt64?) -> LeakVerdict {
        let judge = WindowJudge(criteria: criteria)
        let looks = windows.compactMap { look(at: $0, startOfLife: startOfLife, judge) }
        let filled = looks.filter(\.isFilled)
        let current = windows.first?.lastReading?.bytes ?? 0
        guard var chosen = filled.max(by: { $0.judgement.level < $1.judgement.level }) ?? looks.first else {
            return VerdictText(limit: limit, current: current).nothing
        }
        if !chosen.isFilled {
            chosen.judgement.level = min(chosen.judgement.level, .warning)
            chosen.judgement.findings.append(.tooShort)
        }
        return VerdictText(limit: limit, current: current).verdict(chosen.judgement)
    }

    private struct Look {
        var judgement: WindowJudge.Judgement
        let isFilled: Bool
    }

    private func look(at window: FloorWindow, startOfLife: Double?, _ judge: WindowJudge) -> Look? {
        let skip = max(criteria.startSkip, criteria.startShare * window.window)
        guard let floors = window.floors(since: startOfLife.map { $0 + skip }) else { return nil }
        let missing = floors.values.prefix { $0 == nil }.count
        return Look(judgement: judge.judgement(of: floors), isFilled: missing <= FloorWindow.blocks / 8)
    }
}
