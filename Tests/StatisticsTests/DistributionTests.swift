import Statistics
import Testing

/// Against scipy 1.17.
@Suite struct DistributionTests {
    @Test(arguments: [
        (0.3, (2.0, 5.0), 0.579825), (0.5, (1e6, 1e6), 0.5), (0.4995, (1e6, 1e6), 0.07864957758091215),
        (1e-8, (0.5, 3), 0.00018749999875), (0.02, (30.5, 1200), 0.1362538072616351),
    ])
    func incompleteBeta(x: Double, shapes: (Double, Double), expected: Double) {
        #expect(isNear(Distributions.incompleteBeta(x, shapes.0, shapes.1), expected))
    }

    /// Against numerical integration by mpmath with 40 digits.
    @Test(arguments: [
        (0.4999995, (5e9, 5e9), 0.4601721627228), (0.29998625722915125, (3e9, 7e9), 0.001354595623482336),
        (3e-10, (4, 1e10), 0.3527681114194), (0.49985, (5e7, 5e7), 0.001349897765720664),
        (0.5, (5e10, 5e10), 0.5),
    ])
    func incompleteBetaOfManyEvents(x: Double, shapes: (Double, Double), expected: Double) {
        #expect(isNear(Distributions.incompleteBeta(x, shapes.0, shapes.1), expected))
    }

    @Test(arguments: [
        ((89.0, 148.0), 0.5, 0.00012150707605581944), ((0, 12), 0.5, 0.000244140625),
        ((3, 6), 0.25, 0.5650482177734375), ((5_000, 5_000), 0.5, 1), ((4_700, 5_300), 0.5, 1.9556093016469044e-9),
    ])
    func splitProbability(counts: (Double, Double), probability: Double, expected: Double) {
        let (first, second) = counts
        #expect(
            isNear(
                Distributions.splitProbability(first: first, second: second, probability: probability), expected))
        #expect(
            isNear(
                Distributions.splitProbability(first: second, second: first, probability: 1 - probability), expected))
    }

    @Test(arguments: [
        (2.2, 8.0, 0.05899390791582348), (6, 18, 1.1269971106007855e-5), (1.96, 78, 0.05356739210498185),
    ])
    func studentProbability(t: Double, freedom: Double, expected: Double) {
        #expect(isNear(Distributions.studentProbability(t, freedom: freedom), expected))
        #expect(isNear(Distributions.studentProbability(-t, freedom: freedom), expected))
    }

    @Test(arguments: [(4.0, 2.776445), (8, 2.306004), (18, 2.100922), (78, 1.990847)])
    func studentMargin(freedom: Double, expected: Double) {
        #expect(abs(Distributions.studentMargin(freedom: freedom) / expected - 1) < 0.01)
    }

    @Test func ofNothingEverythingIsLikely() {
        #expect(Distributions.splitProbability(first: 0, second: 0, probability: 0.5) == 1)
    }

    private func isNear(_ value: Double, _ expected: Double) -> Bool { abs(value / expected - 1) < 1e-7 }
}
