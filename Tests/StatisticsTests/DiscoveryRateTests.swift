import Statistics
import Testing

@Suite struct DiscoveryRateTests {
    @Test func noTestsHaveNoThreshold() {
        #expect(DiscoveryRate.threshold(of: [], rate: 0.05) == nil)
    }

    /// The example of Benjamini and Hochberg (1995): four of fifteen at a rate of 0.05.
    @Test func thePublishedExampleHasItsFourDiscoveries() {
        let probabilities = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1,
        ]
        let tests = probabilities.map { DiscoveryRate.Test(probability: $0, leastProbability: 0) }
        #expect(DiscoveryRate.threshold(of: tests, rate: 0.05) == 0.05 * 4 / 15)
    }

    @Test func testsThatCanNotBeSignificantDoNotCount() {
        let certain = DiscoveryRate.Test(probability: 0.02, leastProbability: 1e-6)
        let hopeless = DiscoveryRate.Test(probability: 0.9, leastProbability: 0.25)
        #expect(
            DiscoveryRate.threshold(of: [certain] + Array(repeating: hopeless, count: 1_000), rate: 0.025) == 0.025)
        let possible = DiscoveryRate.Test(probability: 0.9, leastProbability: 1e-6)
        #expect(DiscoveryRate.threshold(of: [certain, possible], rate: 0.025) == nil)
    }
}
