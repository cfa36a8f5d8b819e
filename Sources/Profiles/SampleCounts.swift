/// How many samples a recording took, and what it could not see.
package struct SampleCounts: Hashable, Sendable {
    package var samples: UInt64 = 0
    /// Ticks that came more than half a period late.
    package var lateTicks: UInt64 = 0
    /// Ticks at which nothing was sampled, because an earlier one took too long.
    package var missedTicks: UInt64 = 0
    /// Samples whose stack has no root, by `TruncationReason.label`.
    package var truncated: [String: UInt64] = [:]
    /// Frames for which no symbol was found.
    package var unknownSymbols: UInt64 = 0
    /// Samples that a full queue refused.
    package var dropped: UInt64 = 0

    /// Nothing counted yet.
    package init() {}

    /// All truncated samples, whatever the reason.
    package var truncatedSamples: UInt64 { truncated.values.reduce(0) { sum, next in sum.addingSaturated(next) } }

    /// Adds the counts of another recording.
    package mutating func merge(with other: SampleCounts) {
        samples = samples.addingSaturated(other.samples)
        lateTicks = lateTicks.addingSaturated(other.lateTicks)
        missedTicks = missedTicks.addingSaturated(other.missedTicks)
        truncated.merge(other.truncated) { ours, theirs in ours.addingSaturated(theirs) }
        unknownSymbols = unknownSymbols.addingSaturated(other.unknownSymbols)
        dropped = dropped.addingSaturated(other.dropped)
    }
}

extension UInt64 {
    /// The sum, or `UInt64.max` where the sum is greater.
    func addingSaturated(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
