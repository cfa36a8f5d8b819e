internal import SystemSupport

/// Which of many tests are significant when the share of false ones among them is to stay below a rate.
package enum DiscoveryRate {
    /// A test's result.
    package struct Test: Hashable, Sendable {
        /// How likely a result as extreme is by chance.
        package let probability: Double
        /// The least that `probability` could have been: of few events none is significant.
        package let leastProbability: Double

        package init(probability: Double, leastProbability: Double) {
            self.probability = probability
            self.leastProbability = leastProbability
        }
    }

    /// Up to which probability a result is significant; `nil` where none is.
    ///
    /// Benjamini and Hochberg's procedure over the tests that could be significant at all (Tarone 1990, Gilbert 2005). What
    /// a test's least probability is depends on how many events there were, and not on which side they fell.
    package static func threshold(of tests: [Test], rate: Double) -> Double? {
        let candidates = candidates(of: tests, rate: rate).map(\.probability).sorted()
        let bounds = candidates.indices.map { rate * Double($0 + 1) / Double(candidates.count) }
        return zip(candidates, bounds).reversed().first { $0 <= $1 }?.1
    }

    /// The tests that could be significant if each were compared with `rate` over their number.
    private static func candidates(of tests: [Test], rate: Double) -> [Test] {
        let sorted = tests.sorted { $0.leastProbability < $1.leastProbability }
        var possible = sorted.count
        for count in 1...max(1, sorted.count) {
            let bound = rate / Double(count)
            possible = sorted.partitionPoint { $0.leastProbability <= bound }
            if possible <= count { break }
        }
        return Array(sorted.prefix(possible))
    }
}
