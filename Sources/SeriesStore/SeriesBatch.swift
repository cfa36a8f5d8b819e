/// The memory of a process at one look, in bytes.
package struct SeriesReading: Hashable, Sendable {
    package let subject: SeriesSubject
    /// Anonymous memory and swap together: what a leak is made of.
    package let bytes: UInt64
    package let resident: UInt64

    package init(subject: SeriesSubject, bytes: UInt64, resident: UInt64) {
        self.subject = subject
        self.bytes = bytes
        self.resident = resident
    }
}

/// All that one look at the host has read.
package struct SeriesBatch: Sendable {
    /// Seconds since 1970; may jump.
    package var wall: Double
    /// Seconds of `CLOCK_MONOTONIC`.
    package var monotonic: Double
    package var bootID: String
    /// Every process that was read, changed or not; one that is missing is unknown at this moment.
    package var readings: [SeriesReading]
    /// Of the subjects that are new, or described otherwise than before.
    package var descriptions: [SeriesSubject: SubjectDescription]
    package var ended: [SeriesSubject]

    package init(
        wall: Double, monotonic: Double, bootID: String, readings: [SeriesReading],
        descriptions: [SeriesSubject: SubjectDescription] = [:], ended: [SeriesSubject] = []
    ) {
        self.wall = wall
        self.monotonic = monotonic
        self.bootID = bootID
        self.readings = readings
        self.descriptions = descriptions
        self.ended = ended
    }
}
