import Alerting
import Testing

@Suite struct AlertEngineTests {
    @Test func firesOnceAfterTheConditionHeldLongEnough() throws {
        var scene = AlertScene()
        scene.collect([.memory(0.9)], for: 60)
        #expect(scene.events.isEmpty)
        let since = scene.wall - 55
        let event = try #require(scene.collect([.memory(0.9)]).first)
        #expect(event.transition == .fired)
        #expect(event.alert.severity == .warning)
        #expect(event.alert.since == since)
        #expect(event.alert.threshold == 0.8)
        #expect(event.alert.evidence == "memory at 0.9")
        #expect(event.alert.recommendation.contains("sonde memory -p 4711"))
        scene.collect([.memory(0.9)], for: 600)
        #expect(scene.transitions == [.fired])
    }

    @Test func aDipBelowTheThresholdBeginsTheWaitAnew() {
        var scene = AlertScene()
        scene.collect([.memory(0.9)], for: 55)
        scene.collect([.memory(0.79)])
        scene.collect([.memory(0.9)], for: 60)
        #expect(scene.events.isEmpty)
        scene.collect([.memory(0.9)])
        #expect(scene.transitions == [.fired])
    }

    @Test func resolvesOnlyWellBelowTheThresholdAndForLongEnough() throws {
        var scene = AlertScene()
        scene.collect([.memory(0.9)], for: 65)
        scene.collect([.memory(0.78)], for: 600)
        #expect(scene.transitions == [.fired])
        scene.collect([.memory(0.7)], for: 30)
        #expect(scene.transitions == [.fired])
        let event = try #require(scene.collect([.memory(0.7)]).first)
        #expect(event.transition == .resolved)
        #expect(event.resolution == .cleared)
        #expect(event.alert.value == 0.7)
        #expect(event.alert.resolvedAt == scene.wall)
        #expect(scene.engine.activeAlerts.isEmpty)
        #expect(scene.engine.resolvedAlerts == [event.alert])
    }

    @Test func aValueThatFlutteresAtTheThresholdStaysOneAlert() {
        var scene = AlertScene()
        scene.collect([.memory(0.9)], for: 65)
        for turn in 0..<200 { scene.collect([.memory(turn.isMultiple(of: 2) ? 0.81 : 0.79)]) }
        for turn in 0..<200 { scene.collect([.memory(turn.isMultiple(of: 5) ? 0.81 : 0.7)]) }
        #expect(scene.transitions == [.fired])
    }

    @Test func getsCriticalAndEasesAndResolves() {
        var scene = AlertScene()
        scene.collect([.memory(0.9)], for: 65)
        scene.collect([.memory(0.97)], for: 25)
        #expect(scene.transitions == [.fired, .escalated])
        #expect(scene.events.last?.alert.severity == .critical)
        #expect(scene.events.last?.alert.threshold == 0.95)
        for turn in 0..<50 { scene.collect([.memory(turn.isMultiple(of: 2) ? 0.96 : 0.94)]) }
        #expect(scene.transitions == [.fired, .escalated])
        scene.collect([.memory(0.85)], for: 35)
        #expect(scene.transitions == [.fired, .escalated, .eased])
        scene.collect([.memory(0.1)], for: 35)
        #expect(scene.transitions == [.fired, .escalated, .eased, .resolved])
        #expect(Set(scene.events.map(\.alert.id)).count == 1)
        #expect(Set(scene.events.map(\.key)).count == 4)
    }

    @Test func aCriticalOneFallsBackToTheWarningThatHasToHoldForLonger() {
        var scene = AlertScene()
        scene.collect([.memory(0.99)], for: 25)
        #expect(scene.events.map(\.alert.severity) == [.critical])
        scene.collect([.memory(0.85)], for: 35)
        #expect(scene.transitions == [.fired, .eased])
    }

    @Test func anUnknownValueNeitherFiresNorResolves() {
        var scene = AlertScene()
        let unknown = AlertObservation(unknown: .processMemory, .redis)
        scene.collect([unknown], for: 300)
        #expect(scene.events.isEmpty)
        scene.collect([.memory(0.9)], for: 30)
        scene.collect([unknown], for: 25)
        scene.collect([.memory(0.9)], for: 10)
        #expect(scene.transitions == [.fired])
        scene.collect([unknown], for: 3600)
        scene.collect([.memory(.nan)], for: 3600)
        #expect(scene.transitions == [.fired])
        scene.collect([.memory(0.1)])
        scene.collect([unknown], for: 3600)
        scene.collect([.memory(0.1)])
        #expect(scene.transitions == [.fired], "an hour without readings must not count as a minute below")
    }

    @Test func timeWithoutLooksDoesNotCount() {
        var scene = AlertScene()
        scene.collect([.memory(0.9)])
        scene.collect([.memory(0.9)], after: 7200)
        #expect(scene.events.isEmpty)
        scene.collect([.memory(0.9)], for: 40)
        #expect(scene.events.isEmpty)
        scene.collect([.memory(0.9)])
        #expect(scene.transitions == [.fired])
    }

    @Test func aJumpOfTheWallClockChangesNothing() throws {
        var scene = AlertScene()
        scene.collect([.memory(0.9)], for: 30)
        scene.setWallClock(to: 2_000_000_000)
        scene.collect([.memory(0.9)], for: 30)
        #expect(scene.events.isEmpty)
        scene.collect([.memory(0.9)])
        #expect(scene.transitions == [.fired])
        scene.setWallClock(to: 1_000_000_000)
        scene.collect([.memory(0.1)], for: 35)
        let resolved = try #require(scene.events.last?.alert)
        #expect(resolved.state == .resolved)
        #expect(try #require(resolved.resolvedAt) >= resolved.since)
    }

    @Test func aProcessThatEndedResolvesAndSaysSo() throws {
        var scene = AlertScene()
        scene.collect([.memory(0.9)], for: 65)
        #expect(scene.collect([]).isEmpty)
        scene.collect([.memory(0.9)])
        scene.collect([])
        let event = try #require(scene.collect([]).first)
        #expect(event.resolution == .ended)
        #expect(event.reason == "the process has ended, or isn't watched any more")
        #expect(event.alert.evidence == "memory at 0.9")
    }

    @Test func aProcessThatCannotBeReadHasNotEnded() {
        var scene = AlertScene()
        scene.collect([.memory(0.9)], for: 65)
        scene.collect([], unread: [4711], for: 55)
        #expect(scene.transitions == [.fired])
        scene.collect([.memory(0.9)], for: 300)
        #expect(scene.transitions == [.fired])
        scene.collect([], unread: [4712], for: 10)
        #expect(scene.events.map(\.resolution) == [nil, .ended])
    }

    @Test func theWaitOfAProcessThatCannotBeReadForAMomentGoesOn() {
        var scene = AlertScene()
        scene.collect([.memory(0.9)], for: 40)
        scene.collect([], unread: [4711], for: 15)
        scene.collect([.memory(0.9)], for: 10)
        #expect(scene.transitions == [.fired])
    }

    @Test func aReusedNumberThatCannotBeReadEndsWithItsProcess() {
        var scene = AlertScene()
        scene.collect([.memory(0.9)], for: 65)
        // Whose number it is can't be told while it isn't read.
        scene.collect([], unread: [4711], for: 30)
        #expect(scene.transitions == [.fired])
        let other = AlertSubject(group: "redis", process: 4711, command: "redis-server", startTicks: 999)
        scene.collect([.memory(0.1, of: other)], for: 10)
        #expect(scene.events.map(\.resolution) == [nil, .ended])
        scene.collect([.memory(0.9)], for: 65)
        scene.collect([], unread: [4711], for: 30)
        scene.collect([], for: 10)
        #expect(scene.events.map(\.resolution) == [nil, .ended, nil, .ended])
    }

    @Test func aReusedNumberIsAnotherAlert() {
        var scene = AlertScene()
        let other = AlertSubject(group: "redis", process: 4711, command: "redis-server", startTicks: 999)
        scene.collect([.memory(0.9)], for: 65)
        scene.collect([.memory(0.9, of: other)], for: 65)
        #expect(scene.transitions == [.fired, .resolved, .fired])
        #expect(Set(scene.events.map(\.alert.id)).count == 2)
    }

    @Test func aProcessThatRenamesItselfKeepsItsAlertAndLabels() {
        var scene = AlertScene()
        let renamed = AlertSubject(group: "worker", process: 4711, command: "worker 1", startTicks: 815)
        scene.collect([.memory(0.9)], for: 65)
        scene.collect([.memory(0.9, of: renamed)], for: 65)
        scene.collect([.memory(0.1, of: renamed)], for: 65)
        #expect(scene.transitions == [.fired, .resolved])
        #expect(scene.events.allSatisfy { $0.alert.subject == .redis })
    }

    @Test func keepsAsManyResolvedAlertsAsAskedFor() {
        var settings = AlertSettings.brief
        settings.resolvedLimit = 2
        var scene = AlertScene(settings)
        let subjects = (0..<5).map { AlertSubject(group: "g\($0)", process: Int32($0), command: "c", startTicks: 1) }
        scene.collect(subjects.map { .memory(0.9, of: $0) }, for: 65)
        scene.collect([], for: 10)
        #expect(scene.engine.resolvedAlerts.count == 2)
    }
}
