package enum LeakLevel: String, Sendable, Comparable, CaseIterable {
    case none, warning, suspected, confirmed

    package static func < (left: Self, right: Self) -> Bool {
        allCases.firstIndex(of: left) ?? 0 < allCases.firstIndex(of: right) ?? 0
    }
}

/// Whether a process leaks, and why.
package struct LeakVerdict: Equatable, Sendable {
    package var level: LeakLevel
    /// Seconds that it looked at.
    package var window: Double
    /// Bytes a second.
    package var slope: Double
    package var slopeInterval: ClosedRange<Double>
    /// Bytes over the window.
    package var floorGrowth: Double
    package var currentBytes: UInt64
    package var limitBytes: UInt64?
    /// `nil` when there is no limit, or no growth.
    package var secondsToLimit: Double?
    package var evidence: String

    package init(
        level: LeakLevel, window: Double, slope: Double, slopeInterval: ClosedRange<Double>, floorGrowth: Double,
        currentBytes: UInt64, limitBytes: UInt64?, secondsToLimit: Double?, evidence: String
    ) {
        self.level = level
        self.window = window
        self.slope = slope
        self.slopeInterval = slopeInterval
        self.floorGrowth = floorGrowth
        self.currentBytes = currentBytes
        self.limitBytes = limitBytes
        self.secondsToLimit = secondsToLimit
        self.evidence = evidence
    }
}
