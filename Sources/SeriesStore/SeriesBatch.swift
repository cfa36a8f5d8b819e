/// The memory of a process at one collection, in bytes.
package struct SeriesReading: Hashable, Sendable {
    package let key: SeriesKey
    /// Anonymous memory and swap together: what a leak is made of.
    package let bytes: UInt64
    package let resident: UInt64

    package init(key: SeriesKey, bytes: UInt64, resident: UInt64) {
        self.key = key
        self.bytes = bytes
        self.resident = resident
    }
}

/// All that one collection has read.
package struct SeriesBatch: Sendable {
    /// Seconds since 1970; may jump.
    package var wall: Double
    /// Seconds of `CLOCK_MONOTONIC`.
    package var monotonic: Double
    package var bootID: String
    /// Every process that was read, changed or not; one that is missing is unknown at this timestamp.
    package var readings: [SeriesReading]
    /// Of the series that are new, or described otherwise than before.
    package var descriptions: [SeriesKey: SeriesDescription]
    package var ended: [SeriesKey]

    package init(
        wall: Double, monotonic: Double, bootID: String, readings: [SeriesReading],
        descriptions: [SeriesKey: SeriesDescription] = [:], ended: [SeriesKey] = []
    ) {
        self.wall = wall
        self.monotonic = monotonic
        self.bootID = bootID
        self.readings = readings
        self.descriptions = descriptions
        self.ended = ended
    }
}

/// A process for good, across restarts of the agent and of the host.
package struct SeriesKey: Hashable, Sendable {
    /// Of `/proc/sys/kernel/random/boot_id`.
    package let bootID: String
    package let process: Int32
    /// Start time after boot in clock ticks, of proc_pid_stat(5).
    package let startTicks: UInt64

    package init(bootID: String, process: Int32, startTicks: UInt64) {
        self.bootID = bootID
        self.process = process
        self.startTicks = startTicks
    }
}

/// What a process is called; hostile text.
package struct SeriesDescription: Hashable, Sendable {
    package let group: String
    package let command: String
    /// The numeric user.
    package let user: UInt32

    package init(group: String, command: String, user: UInt32) {
        self.group = group
        self.command = command
        self.user = user
    }
}

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

/// The memory of a group's processes together: extremes, average and last are those of the sum at each collection.
package struct GroupPoint: Hashable, Sendable {
    package let sum: SeriesPoint
    /// The most at one collection.
    package let processes: Int
}
