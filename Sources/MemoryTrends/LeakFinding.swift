/// A reason for a verdict: what speaks for a leak, what against it, and what limits the look at it.
package enum LeakFinding: String, Sendable, Hashable, CaseIterable {
    // For a leak.
    case growing
    case stillGrowing = "still-growing"
    case notAStep = "not-a-step"
    /// Growth began within the window.
    case beganLate = "began-late"

    // Against it.
    case noGrowth = "no-growth"
    /// What growth there is could be noise.
    case insignificant
    /// Growth is below what is worth telling.
    case small
    case step
    /// Growth ends or slows down, as caches, warm-up and logarithmic growth do.
    case plateau
    /// Memory is given back: garbage collection, bursts, trimming.
    case sawtooth
    /// It comes and goes, as with the time of day.
    case cycle
    /// A longer window shows that the same level was there before, or that growth has ended.
    case overruled = "longer-window"

    // Limits.
    /// The start of the process's life was left out.
    case warmUp = "warm-up"
    /// The readings fill no window.
    case tooShort = "too-short"
    case tooFewReadings = "too-few-readings"
    /// Parts of the window have no readings.
    case gap
}
