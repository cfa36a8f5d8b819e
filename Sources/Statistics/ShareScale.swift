internal import Glibc

/// By what factor the shares of everything that didn't change differ: when one function grows, the shares of all others
/// shrink.
package struct ShareScale: Hashable, Sendable {
    /// 1 unless the recordings show otherwise.
    package let factor: Double
    /// The variance of the factor's logarithm.
    let variance: Double

    /// No difference.
    package static let same = ShareScale(factor: 1, variance: 0)

    /// Parts of fewer events in either recording say too little.
    private static let leastEvents = 20.0
    /// Of fewer parts, most may have changed.
    private static let leastParts = 5
    /// The factor is 1 within so many standard errors.
    private static let standardErrors = 3.0

    private init(factor: Double, variance: Double) {
        self.factor = factor
        self.variance = variance
    }

    /// By the weighted median of the ratios of shares.
    init(_ parts: [RecordedPair], before: RecordedWhole, after: RecordedWhole) {
        let ratios = parts.compactMap { part -> (logarithm: Double, weight: Double)? in
            let (first, second) = (part.before.events / before.dispersion, part.after.events / after.dispersion)
            guard min(first, second) >= Self.leastEvents, min(part.before.value, part.after.value) > 0 else {
                return nil
            }
            let ratio = part.after.value / after.value * before.value / part.before.value
            return (log(ratio), (first * second / (first + second)).squareRoot())
        }
        guard ratios.count >= Self.leastParts else {
            self = .same
            return
        }
        let middle = Self.weightedMedian(ratios)
        let deviations = ratios.map { abs($0.logarithm - middle) * $0.weight }.sorted()
        // The median of the deviations is 0.6745 where only chance makes them.
        let spread = max(1, deviations[deviations.count / 2] / 0.6745)
        let weights = ratios.reduce(0) { $0 + $1.weight * $1.weight }
        let variance = spread * spread * (Double.pi / 2) / weights
        self =
            abs(middle) > Self.standardErrors * variance.squareRoot()
            ? ShareScale(factor: exp(middle), variance: variance) : .same
    }

    /// The variance that the scale adds to a difference.
    func variance(ofShare share: Double) -> Double { factor * factor * variance * share * share }

    private static func weightedMedian(_ values: [(logarithm: Double, weight: Double)]) -> Double {
        let half = values.reduce(0) { $0 + $1.weight } / 2
        var passed = 0.0
        for value in values.sorted(by: { $0.logarithm < $1.logarithm }) {
            passed += value.weight
            if passed >= half { return value.logarithm }
        }
        return 0
    }
}
