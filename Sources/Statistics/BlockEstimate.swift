/// A part's share of a recording, and how certain it is by how it varies between blocks of time.
struct BlockEstimate {
    let share: Double
    /// Of the share: a ratio estimator's variance by linearization (Cochran 1977, section 6.3), which holds where blocks are
    /// independent.
    let variance: Double
    /// Degrees of freedom.
    let freedom: Double
    /// The correlation of a block's deviation from the share with the next block's; `nil` of one that never deviates.
    let correlation: Double?

    init(_ part: [Double], of whole: [Double]) {
        let count = Double(whole.count)
        let total = whole.reduce(0, +)
        let share = part.reduce(0, +) / total
        let deviations = zip(part, whole).map { $0 - share * $1 }
        let squares = deviations.reduce(0) { $0 + $1 * $1 }
        self.share = share
        variance = squares * count / (count - 1) / (total * total)
        freedom = count - 1
        let products = zip(deviations, deviations.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
        // The deviations sum up to about 0, which makes the correlation of independent ones -1/count.
        correlation = squares > 0 ? products / squares + 1 / count : nil
    }
}

/// The estimates of a part in two recordings, cut into the same number of blocks.
struct BlockPair {
    let before: BlockEstimate
    let after: BlockEstimate

    /// The mean of the correlations of neighbouring blocks.
    var correlation: Double {
        let known = [before.correlation, after.correlation].compactMap { $0 }
        return known.isEmpty ? 0 : known.reduce(0, +) / Double(known.count)
    }

    /// Welch's test of whether the second share is the first times a scale.
    func test(_ scale: ShareScale) -> (probability: Double, error: Double, margin: Double) {
        let (first, second) = (before.variance * scale.factor * scale.factor, after.variance)
        let both = first + second
        let variance = both + scale.variance(ofShare: before.share)
        let difference = abs(after.share - scale.factor * before.share)
        guard both > 0 else { return (difference == 0 ? 1 : 0, variance.squareRoot(), 2 * variance.squareRoot()) }
        let freedom =
            both * both / (first * first / before.freedom + second * second / after.freedom)
        let error = variance.squareRoot()
        return (
            Distributions.studentProbability(difference / error, freedom: freedom), error,
            Distributions.studentMargin(freedom: freedom) * error
        )
    }
}
