import Foundation

/// Whether a number of successes is what a binomial distribution gives, within `deviations` standard deviations.
///
/// At 4.5, a right program fails once in 150,000 runs (normal approximation, which holds for hundreds of trials).
package func isBinomial(_ successes: Int, of trials: Int, probability: Double, deviations: Double = 4.5) -> Bool {
    let expected = Double(trials) * probability
    return abs(Double(successes) - expected) <= deviations * (expected * (1 - probability)).squareRoot()
}

/// Whether no more of the trials succeeded than a share of them, and what chance adds to that.
package func isRare(_ successes: Int, of trials: Int, share: Double = 0.01, deviations: Double = 4.5) -> Bool {
    let expected = Double(trials) * share
    return Double(successes) <= expected + deviations * expected.squareRoot()
}

/// The largest distance between the distribution of a sample and a given one, times the root of the sample's size.
///
/// Kolmogorov and Smirnov: above 2.47 for one sample in 100,000 of that distribution.
package func kolmogorovDistance(of sample: [Double], from distribution: (Double) -> Double) -> Double {
    let count = Double(sample.count)
    let distances = sample.sorted().enumerated().map { index, value in
        max(abs(distribution(value) - Double(index) / count), abs(distribution(value) - Double(index + 1) / count))
    }
    return (distances.max() ?? 0) * count.squareRoot()
}
