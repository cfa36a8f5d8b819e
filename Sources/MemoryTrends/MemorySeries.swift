/// Readings of one process in the order of time, each time once.
///
/// Gaps and uneven spacing are fine: what is judged are minima over blocks of time.
package struct MemorySeries: Sendable, Equatable {
    package let readings: [MemoryReading]

    /// Sorts the readings, leaves out times that aren't finite, and keeps the lowest of several at the same time.
    package init(_ readings: [MemoryReading]) {
        var sorted = readings.filter { $0.seconds.isFinite }
        let isSorted = zip(sorted, sorted.dropFirst()).allSatisfy { $0.seconds < $1.seconds }
        if !isSorted { sorted = Self.sortedOnce(sorted) }
        self.readings = sorted
    }

    private static func sortedOnce(_ readings: [MemoryReading]) -> [MemoryReading] {
        var kept: [MemoryReading] = []
        kept.reserveCapacity(readings.count)
        for reading in readings.sorted(by: { ($0.seconds, $0.bytes) < ($1.seconds, $1.bytes) })
        where kept.last?.seconds != reading.seconds {
            kept.append(reading)
        }
        return kept
    }

    /// Seconds from the first reading to the last.
    package var span: Double {
        guard let first = readings.first, let last = readings.last else { return 0 }
        return last.seconds - first.seconds
    }

    /// The readings of the latest seconds; all of them for `nil`.
    package func latest(seconds: Double?) -> MemorySeries {
        guard let seconds, let last = readings.last else { return self }
        return MemorySeries(readings.filter { $0.seconds > last.seconds - seconds })
    }
}

/// How much memory a process had at a moment.
///
/// Best is what leaks show in: heap bytes in use where known, else `RssAnon + VmSwap`, else PSS.
package struct MemoryReading: Sendable, Equatable {
    /// Seconds of a clock that doesn't jump, from any origin.
    package var seconds: Double
    package var bytes: UInt64

    package init(seconds: Double, bytes: UInt64) {
        self.seconds = seconds
        self.bytes = bytes
    }
}

/// What is left below a memory limit.
package enum MemoryRoom: Hashable, Sendable {
    /// All that the process doesn't use itself: it fills the limit alone.
    case alone
    /// Bytes that are left to all who fill it together.
    case shared(UInt64)
    /// Others fill it too, and how much they use isn't known.
    case unknown
}
