import Alerting
import Testing

/// The alert about what leaks in a group: one for all of its processes, and at most one a day.
@Suite struct LeakAlertTests {
    private static var settings: AlertSettings {
        var settings = AlertSettings.brief
        (settings.leakHold, settings.leakClearHold) = (60, 3600)
        return settings
    }

    private let day = 86_400.0

    @Test func aVerdictThatComesAndGoesIsOneAlert() {
        var scene = AlertScene(Self.settings)
        for _ in 0..<20 {
            scene.collect([.leak(.warning)], for: 600)
            scene.collect([.leak(nil)], for: 1800)
        }
        #expect(scene.transitions == [.fired])
    }

    @Test func growthThatIsNotSureNeitherFiresNorResolves() {
        var scene = AlertScene(Self.settings)
        scene.collect([.undecidedLeak], for: 7200)
        #expect(scene.transitions == [])
        scene.collect([.leak(.warning)], for: 120)
        scene.collect([.undecidedLeak], for: 7200)
        #expect(scene.transitions == [.fired])
        scene.collect([.leak(nil)], for: 3700)
        #expect(scene.transitions == [.fired, .resolved])
    }

    @Test func theSameGroupAlertsAgainAfterADay() {
        var scene = AlertScene(Self.settings)
        scene.collect([.leak(.warning)], for: 120)
        scene.collect([.leak(nil)], for: 3700)
        #expect(scene.transitions == [.fired, .resolved])
        scene.collect([.leak(.warning)], for: day - 4200)
        #expect(scene.transitions == [.fired, .resolved])
        scene.collect([.leak(.warning)], for: 600)
        #expect(scene.transitions == [.fired, .resolved, .fired])
    }

    @Test func whatIsMoreSevereAlertsOnTheSameDay() {
        var scene = AlertScene(Self.settings)
        scene.collect([.leak(.warning)], for: 120)
        scene.collect([.leak(nil)], for: 3700)
        scene.collect([.leak(.critical)], for: 120)
        #expect(scene.transitions == [.fired, .resolved, .fired])
        #expect(scene.events.last?.alert.severity == .critical)
        scene.collect([.leak(nil)], for: 3700)
        scene.collect([.leak(.critical)], for: 3600)
        #expect(scene.transitions == [.fired, .resolved, .fired, .resolved])
    }

    @Test func anAlertOfBeforeARestartOfTheAgentCountsForItsDay() {
        var scene = AlertScene(Self.settings)
        scene.collect([.leak(.warning)], for: 120)
        scene.collect([.leak(nil)], for: 3700)
        var restarted = AlertScene(Self.settings, restoring: scene.engine.resolvedAlerts)
        restarted.collect([.leak(.warning)], for: 7200)
        #expect(restarted.transitions == [])
    }

    @Test func anActiveAlertGoesOnAfterARestartOfTheAgent() {
        var scene = AlertScene(Self.settings)
        scene.collect([.leak(.warning)], for: 120)
        var restarted = AlertScene(Self.settings, restoring: scene.engine.activeAlerts)
        restarted.collect([.leak(.warning)], for: 7200)
        #expect(restarted.transitions == [])
        #expect(restarted.engine.activeAlerts.map(\.id) == scene.engine.activeAlerts.map(\.id))
        restarted.collect([.leak(nil)], for: 3700)
        #expect(restarted.transitions == [.resolved])
    }

    @Test func aServiceThatIsRestartedKeepsItsAlert() {
        var scene = AlertScene(Self.settings)
        scene.collect([.leak(.warning)], for: 120)
        scene.collect([], for: 240)
        scene.collect([.leak(nil)], for: 600)
        #expect(scene.transitions == [.fired])
        scene.collect([], for: 400)
        #expect(scene.events.map(\.resolution) == [nil, .ended])
    }

    @Test func itSaysHowManyProcessesGrowAndWhichOneIsWorstOff() throws {
        var scene = AlertScene(Self.settings)
        scene.collect([.leak(.warning, count: 3)], for: 120)
        let alert = try #require(scene.engine.activeAlerts.first)
        #expect(alert.count == 3 && alert.subject == .redisProcesses && alert.process == .redis)
        #expect(alert.id == "leak:user:4294967295:redis")
    }
}
