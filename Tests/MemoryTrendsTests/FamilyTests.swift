import MemoryTrends
import Testing
import TrendFamilies

/// The aims on families that nothing was tuned on.
///
/// `swift run -c release trend-families` prints all rates and delays.
@Suite struct FamilyTests {
    /// Judged once for all tests.
    private static let scores = HeldOutFamilies.all.map { FamilyScore($0, seed: 77, count: 40) }

    /// Three standard deviations of a binomial share.
    private static func slack(_ share: Double, leaks: Bool) -> Double {
        let count = scores.filter { $0.family.leaks == leaks }.reduce(0) { $0 + $1.count }
        return 3 * (share * (1 - share) / Double(count)).squareRoot()
    }

    @Test(arguments: [(LeakLevel.confirmed, 0.005), (.suspected, 0.02)])
    func `Few of those that don't leak are called leaks`(level: LeakLevel, most: Double) {
        #expect(Self.scores.rate(level, leaks: false) <= most + Self.slack(most, leaks: false))
    }

    @Test(arguments: [(LeakLevel.confirmed, 0.9), (.suspected, 0.95)])
    func `Most of those that leak are found`(level: LeakLevel, least: Double) {
        #expect(Self.scores.rate(level, leaks: true) >= least - Self.slack(least, leaks: true))
    }

    @Test func `No family that doesn't leak is often confirmed`() throws {
        let steady = Self.scores.filter { !$0.family.leaks }
        try #require(!steady.isEmpty)
        for score in steady {
            #expect(score.reaching(.confirmed) <= 4, "\(score.family.name)")
        }
    }

    @Test func `A leak is found long before the window is full`() throws {
        let leak = try #require(HeldOutFamilies.all.first { $0.name == "requests leak, with the load of days" })
        let score = FamilyScore(leak, seed: 77, count: 10, measuresDelay: true)
        #expect(try #require(score.medianDelay(to: .confirmed)) <= 0.5)
    }
}
