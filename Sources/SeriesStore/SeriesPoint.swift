/// Memory at a moment or over a span of time, in bytes.
package struct SeriesPoint: Hashable, Sendable {
    /// Seconds since 1970: the moment of the reading, or the span's start.
    package let wall: Double
    /// Seconds of `CLOCK_MONOTONIC`: the moment of the reading, or the span's start.
    package let monotonic: Double
    /// Seconds: 0 for one reading, else 300 or 3,600.
    package let span: Double
    /// Anonymous memory and swap together.
    package let minimum: UInt64
    package let maximum: UInt64
    /// Of `count` readings, rounded to a byte.
    package let average: UInt64
    package let last: UInt64
    package let residentLast: UInt64
    package let residentMaximum: UInt64
    /// Readings that it sums up.
    package let count: Int

    init(wall: Double, monotonic: Double, span: Double, summary: MemorySummary) {
        self.wall = wall
        self.monotonic = monotonic
        self.span = span
        minimum = summary.minimum
        maximum = summary.maximum
        average = summary.average
        last = summary.last
        residentLast = summary.residentLast
        residentMaximum = summary.residentMaximum
        count = Int(clamping: summary.count)
    }

    init(wall: Double, monotonic: Double, amounts: MemoryAmounts) {
        self.init(wall: wall, monotonic: monotonic, span: 0, summary: MemorySummary(amounts))
    }
}

/// The memory of a group's processes together: extremes, average and last are those of the sum at each look.
package struct GroupPoint: Hashable, Sendable {
    package let sum: SeriesPoint
    /// The most at one look.
    package let processes: Int
}
