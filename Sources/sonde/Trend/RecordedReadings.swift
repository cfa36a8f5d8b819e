import MemoryTrends

/// Readings of one process from a file, in bounded memory.
///
/// Beyond the limit, the lowest of some neighbours stands for all of them: that is what floors are made of.
struct RecordedReadings {
    /// Readings that are kept at once of all processes: 4 MiB, and a thousand times what a verdict needs.
    private static let limit = 262_144
    /// Readings that are kept at least of each.
    private static let leastLimit = 4_096

    private(set) var total = 0
    /// Whether some came before one of an earlier line.
    private(set) var isUnordered = false
    private var kept: [MemoryReading] = []
    /// How many readings each of the kept ones stands for.
    private(set) var groupSize = 1
    private var lowestOfGroup: MemoryReading?
    private var lastSeconds = -Double.infinity

    /// - Parameter processes: how many share the memory.
    mutating func add(_ reading: MemoryReading, processes: Int) {
        if reading.seconds < lastSeconds { isUnordered = true }
        lastSeconds = reading.seconds
        let lowest = lowestOfGroup.map { $0.bytes <= reading.bytes ? $0 : reading } ?? reading
        total += 1
        guard total.isMultiple(of: groupSize) else {
            lowestOfGroup = lowest
            return
        }
        lowestOfGroup = nil
        kept.append(lowest)
        let limit = max(Self.leastLimit, Self.limit / processes)
        while kept.count >= limit { halve() }
    }

    var series: MemorySeries { MemorySeries(kept + (lowestOfGroup.map { [$0] } ?? [])) }

    private mutating func halve() {
        kept = stride(from: 0, to: kept.count, by: 2).map { index in
            guard index + 1 < kept.count, kept[index + 1].bytes < kept[index].bytes else { return kept[index] }
            return kept[index + 1]
        }
        groupSize *= 2
    }
}
