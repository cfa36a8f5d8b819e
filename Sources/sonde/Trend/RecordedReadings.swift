import MemoryTrends

/// Readings from a file, in bounded memory.
///
/// Beyond the limit, the lower of two neighbours stands for both: that is what floors are made of.
struct RecordedReadings {
    /// Readings that are kept at once: 4 MiB, and a thousand times what a verdict needs.
    static let limit = 262_144

    private(set) var total = 0
    /// Whether some came before one of an earlier line.
    private(set) var isUnordered = false
    private var kept: [MemoryReading] = []

    mutating func add(_ reading: MemoryReading) {
        if let last = kept.last, reading.seconds < last.seconds { isUnordered = true }
        total += 1
        kept.append(reading)
        if kept.count >= Self.limit { halve() }
    }

    var series: MemorySeries { MemorySeries(kept) }

    private mutating func halve() {
        let sorted = series.readings
        kept = stride(from: 0, to: sorted.count, by: 2).map { index in
            guard index + 1 < sorted.count, sorted[index + 1].bytes < sorted[index].bytes else { return sorted[index] }
            return sorted[index + 1]
        }
    }
}
