import Alerting
import Testing

@Suite struct AlertSettingsChangeTests {
    @Test func anAlertThatWasActiveBeforeARestartIsNotSentAgain() throws {
        var before = AlertScene()
        before.collect([.memory(0.97)], for: 25)
        let alert = try #require(before.engine.activeAlerts.first)

        var scene = AlertScene(restoring: before.engine.activeAlerts)
        scene.collect([.memory(0.97)], for: 300)
        #expect(scene.events.isEmpty)
        #expect(scene.engine.activeAlerts.map(\.id) == [alert.id])
        #expect(scene.engine.activeAlerts.first?.since == alert.since)
        scene.collect([.memory(0.5)], for: 35)
        #expect(scene.transitions == [.resolved])
    }

    @Test func whatEndedWhileTheAgentWasAwayResolves() {
        var before = AlertScene()
        before.collect([.memory(0.97)], for: 25)
        var scene = AlertScene(restoring: before.engine.activeAlerts)
        scene.collect([], for: 10)
        #expect(scene.events.map(\.resolution) == [.ended])
    }

    @Test func whatCannotBeReadAfterARestartHasNotEnded() {
        var before = AlertScene()
        before.collect([.memory(0.97)], for: 25)
        var scene = AlertScene(restoring: before.engine.activeAlerts)
        scene.collect([], unread: [4711], for: 55)
        scene.collect([.memory(0.97)], for: 60)
        #expect(scene.events.isEmpty && scene.engine.activeAlerts.count == 1)
    }

    @Test func resolvedAlertsAreNotRestored() {
        var before = AlertScene()
        before.collect([.memory(0.97)], for: 25)
        before.collect([], for: 10)
        let scene = AlertScene(restoring: before.engine.resolvedAlerts)
        #expect(scene.engine.activeAlerts.isEmpty)
    }

    @Test func aRebootEndsTheAlertsOfProcessesAndOfNothingElse() throws {
        var before = AlertScene()
        let host = AlertObservation(.hostMemory, .host, .value(1)) { "full" }
        before.collect([.memory(0.97), host], for: 600)
        let active = before.engine.activeAlerts
        #expect(active.count == 2)

        let same = RestoredAlerts(active.map { ($0, "boot 1") }, in: "boot 1", at: before.wall + 60)
        #expect(same.active == active && same.ended.isEmpty)

        let other = RestoredAlerts(active.map { ($0, "boot 1") }, in: "boot 2", at: before.wall + 60)
        #expect(other.active.map(\.type) == [.hostMemory])
        let event = try #require(other.ended.first)
        #expect(other.ended.count == 1)
        #expect(event.transition == .resolved && event.resolution == .ended)
        #expect(event.alert.state == .resolved)
        #expect(event.alert.resolvedAt == before.wall + 60)
        #expect(event.alert.id == "process_memory:4711:815")
        // Another process has the number and the start time of the one before the reboot.
        var after = AlertScene(restoring: other.active)
        after.collect([.memory(0.97), host], for: 65)
        #expect(after.events.map(\.alert.id) == ["process_memory:4711:815"])
        #expect(after.transitions == [.fired])
    }

    @Test func aHoldIsAsLongWhileLooksAreSlowed() {
        var scene = AlertScene()
        scene.collect([.memory(0.9)])
        scene.engine.apply(.brief, collectionInterval: 40)
        scene.collect([.memory(0.9)], after: 40)
        #expect(scene.events.isEmpty)
        scene.collect([.memory(0.9)], after: 40)
        #expect(scene.transitions == [.fired])
    }

    @Test func aTypeThatIsSwitchedOffResolvesAsNotWatched() {
        var scene = AlertScene()
        scene.collect([.memory(0.97)], for: 65)
        var settings = AlertSettings.brief
        settings.thresholds[.processMemory] = AlertThresholds(warning: nil, critical: nil)
        scene.engine.apply(settings, collectionInterval: 5)
        scene.collect([.memory(0.97)], for: 65)
        #expect(scene.transitions == [.fired, .resolved])
        #expect(scene.events.last?.resolution == .notWatched)
    }

    @Test func aTypeThatIsNotObservedAnyMoreResolvesAsNotWatchedWhileTheProcessRuns() {
        var settings = AlertSettings.brief
        settings.leakHold = 0
        var scene = AlertScene(settings)
        scene.collect([.leak(.warning), .memory(0.1)])
        scene.collect([.memory(0.1)], for: 10)
        #expect(scene.events.map(\.resolution) == [nil, .notWatched])
    }

    @Test func newThresholdsCountFromTheNextLookOn() {
        var scene = AlertScene()
        scene.collect([.memory(0.6)], for: 600)
        #expect(scene.events.isEmpty)
        var settings = AlertSettings.brief
        settings.thresholds[.processMemory] = AlertThresholds(warning: .init(above: 0.5, hold: 0), critical: nil)
        scene.engine.apply(settings, collectionInterval: 5)
        scene.collect([.memory(0.6)])
        #expect(scene.transitions == [.fired])
    }

    @Test func aLeakFiresWithItsOwnSeverityAndHold() {
        var settings = AlertSettings.brief
        settings.leakHold = 30
        settings.leakClearHold = 100
        var scene = AlertScene(settings)
        scene.collect([.leak(.warning)], for: 30)
        #expect(scene.events.isEmpty)
        scene.collect([.leak(.warning)])
        scene.collect([.leak(.critical)], for: 35)
        #expect(scene.transitions == [.fired, .escalated])
        scene.collect([.leak(nil)], for: 50)
        scene.collect([.leak(.warning)])
        scene.collect([.leak(nil)], for: 100)
        #expect(scene.transitions == [.fired, .escalated, .eased])
        scene.collect([.leak(nil)])
        #expect(scene.transitions == [.fired, .escalated, .eased, .resolved])
    }

    /// After a reset, an outage, or a restart without its store, the window has to fill anew.
    @Test func aLeakStandsUntilAsMuchWasSeenAsFoundIt() {
        var settings = AlertSettings.brief
        (settings.leakHold, settings.leakClearHold) = (0, 100)
        var scene = AlertScene(settings)
        scene.collect([.leak(.critical)])
        let alerts = scene.engine.activeAlerts
        scene.collect([.tentativeLeak(nil)], for: 3600)
        scene.collect([.tentativeLeak(.warning)], for: 3600)
        #expect(scene.transitions == [.fired])
        #expect(scene.engine.activeAlerts == alerts)
        scene.collect([.leak(.critical)], for: 3600)
        #expect(scene.transitions == [.fired])
        scene.collect([.leak(nil)], for: 105)
        #expect(scene.transitions == [.fired, .resolved])

        var restarted = AlertScene(settings, restoring: alerts)
        restarted.collect([.tentativeLeak(nil)], for: 3600)
        #expect(restarted.events.isEmpty)
        restarted.collect([.leak(nil)], for: 105)
        #expect(restarted.events.map(\.resolution) == [.cleared])
    }

    @Test func urgentGrowthThatEndsBeforeItsWindowIsFullResolves() {
        var settings = AlertSettings.brief
        (settings.leakHold, settings.leakClearHold, settings.leakRepeatTime) = (30, 100, 0)
        var scene = AlertScene(settings)
        scene.collect([.tentativeLeak(.warning)], for: 35)
        #expect(scene.transitions == [.fired])
        scene.collect([.tentativeLeak(nil)], for: 105)
        #expect(scene.events.map(\.resolution) == [nil, .cleared])
        // It is sure once the verdict on a full window says the same.
        scene.collect([.tentativeLeak(.warning)], for: 35)
        scene.collect([.leak(.warning)])
        scene.collect([.tentativeLeak(nil)], for: 3600)
        #expect(scene.transitions == [.fired, .resolved, .fired])
    }

    @Test func hostileGroupNamesMakeIdentifiersThatAreShortPlainAndDistinct() {
        let names = [
            "nginx", "a b", "a%20b", "ключ", "x\r\nInjected: 1", "\u{202E}evil", "",
            String(repeating: "ж", count: 5000),
            String(repeating: "ж", count: 5001),
        ]
        var settings = AlertSettings()
        settings.thresholds[.groupCPU] = AlertThresholds(warning: .init(above: 0, hold: 0), critical: nil)
        var scene = AlertScene(settings)
        scene.collect(
            names.map { name in
                let subject = AlertSubject(group: name, process: nil, command: nil, startTicks: nil)
                return AlertObservation(.groupCPU, subject, .value(1)) { "" }
            })
        let keys = scene.events.map(\.key)
        #expect(Set(keys).count == names.count)
        #expect(keys.allSatisfy { $0.utf8.count < 250 && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } })
    }

    @Test func everyTypeHasARecommendationOfOneLine() {
        for type in AlertType.allCases {
            let text = type.recommendation(for: .redis)
            #expect(text.count > 40 && !text.contains("\n"))
        }
    }
}
