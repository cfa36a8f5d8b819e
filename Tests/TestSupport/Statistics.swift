import Foundation

/// The spread of CPU samples, for `isBinomial` and `isRare`: those of one tick come together, and many do after a time in
/// which the thread's CPU did nothing.
///
/// - Parameters:
///   - coverageError: of the CPU time that the samples stand for, in nanoseconds.
///   - rate: samples a second.
package func spread(ofSamples count: Int, coverageError: Double, rate: Double) -> Double {
    max(Double(count).squareRoot(), coverageError * rate / 1e9)
}

/// Whether a number of successes is what a binomial distribution gives, within `deviations` standard deviations.
///
/// At 4.5, a right program fails once in 150,000 runs (normal approximation, which holds for hundreds of trials).
///
/// - Parameter spread: the root of the sum of the squares of how many trials had one outcome together; `nil` where each had
///   its own.
package func isBinomial(
    _ successes: Int, of trials: Int, probability: Double, spread: Double? = nil, deviations: Double = 4.5
) -> Bool {
    let deviation = (probability * (1 - probability)).squareRoot() * (spread ?? Double(trials).squareRoot())
    return abs(Double(successes) - Double(trials) * probability) <= deviations * deviation
}

/// Whether no more of the trials succeeded than a share of them, and what chance adds to that.
package func isRare(
    _ successes: Int, of trials: Int, share: Double = 0.01, spread: Double? = nil, deviations: Double = 4.5
) -> Bool {
    let deviation = share.squareRoot() * (spread ?? Double(trials).squareRoot())
    return Double(successes) <= Double(trials) * share + deviations * deviation
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
