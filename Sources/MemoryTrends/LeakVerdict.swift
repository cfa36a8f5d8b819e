/// The leak verdict on a process, from the floor of its memory.
package struct LeakVerdict: Sendable, Equatable {
    package var level: LeakLevel
    /// Seconds that the verdict covers.
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

    /// Whether the level rests on a full window with enough readings.
    ///
    /// A warning does without: growth is reported before a window is full.
    package var isJudged: Bool {
        level > .none || !(findings.contains(.tooFewReadings) || findings.contains(.tooShort))
    }

    /// Takes an opposing finding from outside of the process's own readings, after which nothing is suspected.
    package mutating func take(_ opposing: LeakFinding) {
        level = .none
        secondsToLimit = nil
        findings = [opposing]
        evidence = [evidence, opposing.words].compactMap(\.self).joined(separator: ", ")
    }

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

/// How sure it is that a process leaks.
package enum LeakLevel: String, Sendable, Comparable, CaseIterable {
    case none
    /// It grows, and that may end by itself: a reason to watch it, and not for an alert.
    case warning
    case suspected
    case confirmed

    package static func < (first: LeakLevel, second: LeakLevel) -> Bool { first.rank < second.rank }

    private var rank: Int {
        switch self {
        case .none: 0
        case .warning: 1
        case .suspected: 2
        case .confirmed: 3
        }
    }
}

/// A reason for a verdict: supporting evidence, opposing evidence, and what limits both.
package enum LeakFinding: String, Sendable, Hashable, CaseIterable {
    // Supporting evidence.
    case growing
    case stillGrowing = "still-growing"
    case notAStep = "not-a-step"
    /// Growth began within the window.
    case beganLate = "began-late"

    // Opposing evidence.
    case noGrowth = "no-growth"
    /// What growth there is could be noise.
    case insignificant
    /// Growth is below what is worth reporting.
    case small
    case step
    /// Growth ends or slows down, as caches, warm-up and logarithmic growth do.
    case plateau
    /// The floor rises rarely: memory is released in between.
    case sawtooth
    /// It goes up and down without a direction, as a random walk does.
    case wandering
    /// A longer window shows that the same level was there before, or that growth has ended.
    case overruled = "longer-window"
    /// Other processes of the service used as much, and came to an end of their growth, or were as young.
    case expected = "as-others"
    /// Growth was seen for too short a time, as long as so much of the limit is left.
    case unproven

    // Limits.
    /// A cycle, such as that of the day, was taken out before the trend was judged.
    case cycle
    /// The start of the process's life was left out.
    case warmUp = "warm-up"
    /// The readings fill no window.
    case tooShort = "too-short"
    case tooFewReadings = "too-few-readings"
    /// Parts of the window have no readings.
    case gap
}
