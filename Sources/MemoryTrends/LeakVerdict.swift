/// What the floor of a process's memory says about leaks.
package struct LeakVerdict: Sendable, Equatable {
    package var level: LeakLevel
    /// Seconds that the verdict looked at.
    package var window: Double
    /// Bytes per second: the median of the slopes between all pairs of floors (Theil 1950, Sen 1968).
    package var slope: Double
    /// The 95 % interval of the slope for floors that vary independently (Sen 1968).
    package var slopeInterval: ClosedRange<Double>
    /// Bytes that the floor grew by over the window, along the slope.
    package var floorGrowth: Double
    /// The last reading.
    package var currentBytes: UInt64
    package var limitBytes: UInt64?
    /// Seconds until the limit is reached at this slope; `nil` without a limit or growth, and where the room isn't known.
    package var secondsToLimit: Double?
    package var findings: [LeakFinding]
    /// The reasons in words.
    package var evidence: String

    package init(
        level: LeakLevel, window: Double, slope: Double, slopeInterval: ClosedRange<Double>, floorGrowth: Double,
        currentBytes: UInt64, limitBytes: UInt64?, secondsToLimit: Double?, findings: [LeakFinding] = [],
        evidence: String
    ) {
        self.level = level
        self.window = window
        self.slope = slope
        self.slopeInterval = slopeInterval
        self.floorGrowth = floorGrowth
        self.currentBytes = currentBytes
        self.limitBytes = limitBytes
        self.secondsToLimit = secondsToLimit
        self.findings = findings
        self.evidence = evidence
    }
}
