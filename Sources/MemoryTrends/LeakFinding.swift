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
    /// The floor rises rarely: memory is given back in between.
    case sawtooth
    /// It goes up and down without a direction, as a random walk does.
    case wandering
    /// A longer window shows that the same level was there before, or that growth has ended.
    case overruled = "longer-window"

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
