internal import SystemSupport

/// Tests of whether parts of two recordings have the same shares.
///
/// Two things have to be unlikely for a difference to be one: that chance splits the events so, and that the share varies
/// so much between blocks of time of a recording. The second accounts for samples that aren't independent, because a
/// program works in phases: where neighbouring blocks are alike, longer ones are tested too. Where times aren't known,
/// only the first can be tested.
package struct ShareComparison: Sendable {
    package let before: RecordedWhole
    package let after: RecordedWhole
    package let scale: ShareScale
    /// The mean correlation of neighbouring blocks at each level; empty where times aren't known.
    private let correlations: [Double]

    /// At each level, up to which correlation longer blocks aren't tested: of all parts, and of one.
    ///
    /// From simulations of 60 functions with phases of 0 to 10 s: of pairs of recordings of the same program at most 2 %
    /// differ, and at most 5 % where a recording has no more than ten phases.
    private static let limits: [(all: Double, one: Double)] = [(0.04, 0.25), (0.04, 0.3), (0.1, 0.4)]
    /// Parts of fewer events say nothing of correlations.
    private static let leastEvents = 20.0
    /// Above it at the level of ten blocks, phases are so long that a recording has only few of them.
    private static let longPhases = 0.2

    /// - Parameter parts: such that each event belongs to at most one of them.
    package init(before: RecordedWhole, after: RecordedWhole, parts: [RecordedPair]) {
        self.before = before
        self.after = after
        scale = ShareScale(parts, before: before, after: after)
        correlations = Self.correlations(of: parts, before, after)
    }

    /// Whether samples were compared over time.
    package var hasTimes: Bool { !correlations.isEmpty }

    /// Whether the recordings are too short for the phases in which the program works: differences may be such phases.
    package var hasLongPhases: Bool { correlations.count > 2 && correlations[2] > Self.longPhases }

    /// How many events a part needs for a test to be able to find a difference at a rate of false ones.
    package static func leastEvents(before: RecordedWhole, after: RecordedWhole, rate: Double) -> Double {
        Double((1..<1_000).partitionPoint { leastProbability(events: Double($0), before, after, .same) > rate })
    }

    private static func leastProbability(
        events: Double, _ before: RecordedWhole, _ after: RecordedWhole, _ scale: ShareScale
    ) -> Double {
        let events = events / max(before.dispersion, after.dispersion)
        let probability = before.events / (before.events + scale.factor * after.events)
        return min(
            Distributions.splitProbability(first: 0, second: events, probability: probability),
            Distributions.splitProbability(first: events, second: 0, probability: probability))
    }

    /// What differs between two shares, and whether by more than chance.
    package func change(of part: RecordedPair) -> ShareChange {
        let shares = (part.before.value / before.value, part.after.value / after.value)
        var change = countedChange(part, shares)
        guard hasTimes, !part.before.blocks.isEmpty, !part.after.blocks.isEmpty else { return change }
        var (first, second) = (part.before.blocks, part.after.blocks)
        var wholes = (before.blocks, after.blocks)
        for level in 0..<RecordedBlocks.levels {
            let pair = BlockPair(before: BlockEstimate(first, of: wholes.0), after: BlockEstimate(second, of: wholes.1))
            change.widen(pair.test(scale))
            guard level < Self.limits.count else { break }
            let limit = Self.limits[level]
            guard correlations[level] > limit.all || pair.correlation > limit.one else { break }
            (first, second) = (RecordedBlocks.merged(first), RecordedBlocks.merged(second))
            wholes = (RecordedBlocks.merged(wholes.0), RecordedBlocks.merged(wholes.1))
        }
        return change
    }

    /// As if all events were independent.
    private func countedChange(_ part: RecordedPair, _ shares: (Double, Double)) -> ShareChange {
        let (first, firstTrials) = Self.trials(part.before, shares.0, before)
        let (second, secondTrials) = Self.trials(part.after, shares.1, after)
        let probability = Distributions.splitProbability(
            first: first, second: second,
            probability: firstTrials / (firstTrials + scale.factor * secondTrials))
        // Of a share of none, the error is that of one event.
        let errors = (
            scale.factor * max(1, first).squareRoot() / firstTrials, max(1, second).squareRoot() / secondTrials
        )
        let variance = errors.0 * errors.0 + errors.1 * errors.1 + scale.variance(ofShare: shares.0)
        let error = variance.squareRoot()
        var change = ShareChange(
            before: shares.0, after: shares.1, scaledDifference: shares.1 - scale.factor * shares.0,
            standardError: error, margin: 1.96 * error, probability: probability,
            leastProbability: Self.leastProbability(
                events: part.before.events + part.after.events, before, after, scale))
        if scale != .same {
            change.widen((Distributions.normalProbability(change.scaledDifference / error), error, change.margin))
        }
        return change
    }

    /// So many independent events of so many make a share as certain as it is.
    private static func trials(_ part: RecordedPart, _ share: Double, _ whole: RecordedWhole) -> (Double, Double) {
        let events = part.events / whole.dispersion
        return events > 0 && share > 0 ? (events, events / share) : (0, whole.events / whole.dispersion)
    }

    private static func correlations(
        of parts: [RecordedPair], _ before: RecordedWhole, _ after: RecordedWhole
    ) -> [Double] {
        guard before.blocks.count == RecordedBlocks.count, after.blocks.count == RecordedBlocks.count else { return [] }
        var wholes = (before.blocks, after.blocks)
        var parts = parts.filter {
            $0.before.events + $0.after.events >= leastEvents && !$0.before.blocks.isEmpty && !$0.after.blocks.isEmpty
        }
        return limits.map { _ in
            var (sum, weights) = (0.0, 0.0)
            for position in parts.indices {
                let part = parts[position]
                let pair = BlockPair(
                    before: BlockEstimate(part.before.blocks, of: wholes.0),
                    after: BlockEstimate(part.after.blocks, of: wholes.1))
                let weight = (part.before.events + part.after.events).squareRoot()
                sum += weight * pair.correlation
                weights += weight
                parts[position].before.blocks = RecordedBlocks.merged(part.before.blocks)
                parts[position].after.blocks = RecordedBlocks.merged(part.after.blocks)
            }
            wholes = (RecordedBlocks.merged(wholes.0), RecordedBlocks.merged(wholes.1))
            return weights > 0 ? sum / weights : 0
        }
    }
}

/// How a part's share differs between two recordings.
package struct ShareChange: Hashable, Sendable {
    /// From 0 to 1.
    package let before: Double
    package let after: Double
    /// The difference to what the share would be if the part had not changed, where the rest grew or shrank.
    package let scaledDifference: Double
    /// Of the difference.
    package private(set) var standardError: Double
    /// Half the width of the difference's 95 % interval.
    package private(set) var margin: Double
    /// How likely chance makes such a difference.
    package private(set) var probability: Double
    /// The least that `probability` could have been.
    package let leastProbability: Double

    package init(
        before: Double, after: Double, scaledDifference: Double, standardError: Double, margin: Double,
        probability: Double, leastProbability: Double
    ) {
        self.before = before
        self.after = after
        self.scaledDifference = scaledDifference
        self.standardError = standardError
        self.margin = margin
        self.probability = probability
        self.leastProbability = leastProbability
    }

    /// The difference of the shares as they are.
    package var difference: Double { after - before }

    /// Whether the share itself, and not only beside those of others, went in the direction of the change.
    package var isVisible: Bool { difference != 0 && difference.sign == scaledDifference.sign }

    package var test: DiscoveryRate.Test {
        DiscoveryRate.Test(probability: probability, leastProbability: leastProbability)
    }

    /// Takes the less certain of two results.
    fileprivate mutating func widen(_ other: (probability: Double, error: Double, margin: Double)) {
        probability = max(probability, other.probability)
        standardError = max(standardError, other.error)
        margin = max(margin, other.margin)
    }
}
