import LeakFleet
import Testing

/// The aims of the leak alerts, on services that nothing was tuned on.
///
/// `swift run -c release leak-fleet` plays more of them, and prints all kinds.
@Suite struct LeakFleetTests {
    /// Played once for all tests.
    private static let score = FleetScore(HeldOutFleet.all, FleetScore.Extent(services: 1, seed: 41))

    @Test func `Few services that don't leak alert`() throws {
        let processDays = Self.score.processDays
        try #require(processDays > 100)
        // Fifty per thousand process-days, and three standard deviations of their number.
        let most = 0.05 * processDays
        #expect(Double(Self.score.falseAlerts) <= most + 3 * most.squareRoot())
    }

    @Test func `Nine leaks of ten alert in time`() throws {
        let count = Double(Self.score.leaks.count)
        try #require(count > 20)
        #expect(Double(Self.score.leaksInTime) >= 0.9 * count - 3 * (0.9 * 0.1 * count).squareRoot())
    }

    @Test func `A leak alerts once a day at most, and stays active`() throws {
        for run in Self.score.runs {
            // Once more for each time that it becomes critical.
            let seconds = run.notices.map(\.seconds)
            for (first, third) in zip(seconds, seconds.dropFirst(2)) { #expect(third - first > 80_000) }
        }
        #expect(Self.score.activeShare > 0.7)
    }

    @Test func `A service that its agent has known for ten days hardly alerts`() throws {
        var extent = FleetScore.Extent(services: 1, seed: 42)
        (extent.history, extent.days) = (10, 1)
        let restarted = HeldOutFleet.all.filter {
            ["gunicorn", "frequent deployments", "nightly batch", "LRU cache", "JVM with G1"].contains($0.name)
        }
        try #require(restarted.count == 5)
        #expect(FleetScore(restarted, extent).falseAlerts <= 1)
    }
}
