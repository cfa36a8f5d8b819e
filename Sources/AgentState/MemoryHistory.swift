/// The memory of a group over time, all its processes together.
package struct MemoryHistory: Equatable, Sendable {
    /// Oldest first.
    package var points: [MemoryPoint]
    /// Whether there are older points in the time asked for, which are left out because they are too many or can't be read.
    package var isTruncated: Bool
    /// Why only what is in memory is here; `nil` when the store could be read.
    package var storeFailure: String?

    package init(points: [MemoryPoint], isTruncated: Bool, storeFailure: String? = nil) {
        self.points = points
        self.isTruncated = isTruncated
        self.storeFailure = storeFailure
    }

    /// Of the anonymous memory and swap at each reading; `nil` without readings.
    package var minimum: UInt64? { points.map(\.minimum).min() }
    package var maximum: UInt64? { points.map(\.maximum).max() }
    /// Over all readings, each of which counts the same however many a point sums up.
    package var average: Double? {
        average { Double($0.average) }
    }

    /// Of the resident memory at each reading; `nil` without readings.
    package var residentMaximum: UInt64? { points.map(\.residentMaximum).max() }
    /// `nil` as well when a point sums up several readings, of which only the most and the last resident memory are kept.
    package var residentMinimum: UInt64? { hasAllReadings ? points.map(\.resident).min() : nil }
    package var residentAverage: Double? {
        hasAllReadings ? average { Double($0.resident) } : nil
    }

    private var hasAllReadings: Bool { points.allSatisfy { $0.count == 1 } }

    private func average(_ value: (MemoryPoint) -> Double) -> Double? {
        let count = points.reduce(0) { $0 + Double($1.count) }
        guard count > 0 else { return nil }
        return points.reduce(0) { $0 + value($1) * Double($1.count) } / count
    }
}

/// The memory of a group at a moment, or over a span of time, in bytes.
package struct MemoryPoint: Equatable, Sendable {
    /// Seconds since 1970: the moment of the reading, or the span's start.
    package var wall: Double
    /// Seconds; 0 for one reading.
    package var span: Double
    /// Readings that it sums up.
    package var count: Int
    /// Anonymous memory and swap together, at each of the readings.
    package var minimum: UInt64
    package var maximum: UInt64
    package var average: UInt64
    /// At the last reading.
    package var last: UInt64
    package var resident: UInt64
    package var residentMaximum: UInt64

    package init(
        wall: Double, span: Double, count: Int, minimum: UInt64, maximum: UInt64, average: UInt64, last: UInt64,
        resident: UInt64, residentMaximum: UInt64
    ) {
        self.wall = wall
        self.span = span
        self.count = count
        self.minimum = minimum
        self.maximum = maximum
        self.average = average
        self.last = last
        self.resident = resident
        self.residentMaximum = residentMaximum
    }

    /// One reading; `last` is anonymous memory and swap together.
    package init(wall: Double, last: UInt64, resident: UInt64) {
        self.init(
            wall: wall, span: 0, count: 1, minimum: last, maximum: last, average: last, last: last,
            resident: resident, residentMaximum: resident)
    }
}
