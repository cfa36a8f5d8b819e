import Alerting
import Testing

/// Processes of one user must not suppress the alerts of others, nor those about the host.
@Suite struct AlertQuotaTests {
    /// As many as one user can start, each over 80 % of its descriptors.
    private static let attackers = 1005
    private static let mallory: UInt32 = 1000

    private static func process(_ number: Int32, group: String, user: UInt32) -> AlertSubject {
        AlertSubject(group: group, process: number, command: group, startTicks: UInt64(number), user: user)
    }

    /// - Parameter group: Of each process by its number.
    private static func attack(_ group: (Int) -> String) -> [AlertObservation] {
        (0..<attackers).map { number in
            let subject = process(Int32(10_000 + number), group: group(number), user: mallory)
            return AlertObservation(.descriptors, subject, .share(0.99, used: 990)) { "990 of 1000" }
        }
    }

    /// What has to alert all the same: the host, a cgroup, a pool, and processes of other users.
    private static let victims: [AlertObservation] = [
        AlertObservation(.hostMemory, .host, .value(0.99)) { "full" },
        AlertObservation(.hostCPU, .host, .value(0.99)) { "busy" },
        AlertObservation(
            .cgroupMemory, AlertSubject(group: "db", process: nil, command: nil, startTicks: nil, cgroup: "/db.slice"),
            .share(0.99, used: 1e9)
        ) { "full" },
        AlertObservation(.pool, AlertSubject(group: "orders", process: nil, command: nil, startTicks: nil), .value(1)) {
            "full"
        },
        .leak(.warning, of: process(42, group: "api", user: 33)),
        AlertObservation(.descriptors, process(43, group: "db", user: 26), .share(0.99, used: 990)) { "990 of 1000" },
    ]

    private static let victimTypes: Set<AlertType> = [.hostMemory, .hostCPU, .cgroupMemory, .pool, .leak, .descriptors]

    private func alertsOfVictims(_ alerts: [Alert]) -> Set<AlertType> {
        Set(alerts.filter { $0.subject.user != Self.mallory }.map(\.type))
    }

    @Test("1,005 processes of one user, each in a group of its own, suppress no alert of anybody else")
    func manyGroups() {
        let attack = Self.attack { "worker\($0)" }
        var scene = AlertScene()
        scene.collect(attack, for: 600)
        let own = scene.engine.activeAlerts
        #expect(own.count == AlertQuotas().perUser)
        #expect(scene.events.count == own.count)
        #expect(scene.engine.suppressed == Self.attackers - own.count)
        scene.collect(attack + Self.victims, for: 1200)
        #expect(alertsOfVictims(scene.engine.activeAlerts) == Self.victimTypes)
        #expect(scene.engine.activeAlerts.count == own.count + Self.victims.count)
    }

    @Test("1,005 processes of one user in one group are a few alerts and one with a count")
    func oneGroup() throws {
        let attack = Self.attack { _ in "fork-bomb" }
        var scene = AlertScene()
        scene.collect(attack + Self.victims, for: 1200)
        let own = scene.engine.activeAlerts.filter { $0.subject.user == Self.mallory }
        #expect(own.count == AlertQuotas().perGroup + 1)
        let folded = try #require(own.first { $0.subject.isFolded })
        #expect(folded.count == Self.attackers - AlertQuotas().perGroup)
        #expect(folded.id == "descriptors:user:1000:fork-bomb")
        #expect(folded.severity == .critical)
        #expect(folded.evidence == "1002 more processes of the same group and user; the worst: 990 of 1000")
        #expect(scene.engine.suppressed == 0)
        #expect(scene.events.count == own.count + Self.victims.count)
        #expect(alertsOfVictims(scene.engine.activeAlerts) == Self.victimTypes)
    }

    @Test("Leaks of one user's processes suppress no leak of another's")
    func leaks() {
        let attack = (0..<Self.attackers).map { number in
            AlertObservation.leak(
                .critical, of: Self.process(Int32(10_000 + number), group: "g\(number)", user: Self.mallory))
        }
        var scene = AlertScene()
        scene.collect(attack, for: 1200)
        scene.collect(attack + Self.victims, for: 1200)
        #expect(alertsOfVictims(scene.engine.activeAlerts) == Self.victimTypes)
    }

    @Test("A process that calls itself as another user's group doesn't join its alert")
    func foreignGroup() {
        var settings = AlertSettings.brief
        settings.quotas.perGroup = 1
        var scene = AlertScene(settings)
        let own = (1...3).map { AlertObservation.memory(0.9, of: Self.process($0, group: "nginx", user: 33)) }
        let foreign = (11...13).map { AlertObservation.memory(0.99, of: Self.process($0, group: "nginx", user: 1000)) }
        scene.collect(own + foreign, for: 65)
        let folded = scene.engine.activeAlerts.filter(\.subject.isFolded)
        #expect(folded.map(\.count) == [2, 2])
        #expect(folded.first { $0.subject.user == 33 }?.severity == .warning)
        #expect(folded.first { $0.subject.user == 1000 }?.severity == .critical)
    }

    @Test("All users together have no more alerts of a type than its quota, and those of another type have theirs")
    func typeQuota() {
        var settings = AlertSettings.brief
        (settings.quotas.perUser, settings.quotas.perType) = (2, 5)
        var scene = AlertScene(settings)
        let processes = (0..<10 as Range<UInt32>).flatMap { user in
            (0..<3 as Range<Int32>).map { Self.process(Int32(user) * 10 + $0 + 1, group: "g\(user)\($0)", user: user) }
        }
        scene.collect(processes.map { .memory(0.9, of: $0) }, for: 65)
        #expect(scene.engine.activeAlerts.count == 5)
        #expect(scene.engine.suppressed == 25)
        scene.collect(processes.map { .memory(0.9, of: $0) } + [.leak(.warning, of: processes[0])], for: 905)
        #expect(scene.engine.activeAlerts.count { $0.type == .leak } == 1)
    }

    @Test("A suppressed condition that still holds fires when another alert of its user ends")
    func freedQuota() {
        var settings = AlertSettings.brief
        settings.quotas.perUser = 3
        var scene = AlertScene(settings)
        let subjects = (1...5 as ClosedRange<Int32>).map { Self.process($0, group: "g\($0)", user: 7) }
        scene.collect(subjects.map { .memory(0.9, of: $0) }, for: 65)
        #expect(scene.events.count == 3)
        #expect(scene.engine.suppressed == 2)
        scene.collect(subjects.dropFirst().map { .memory(0.9, of: $0) }, for: 20)
        #expect(scene.transitions == [.fired, .fired, .fired, .resolved, .fired])
        #expect(scene.engine.suppressed == 1)
    }

    @Test("An alert of several processes follows them: it escalates, eases, counts, and resolves with the last one")
    func foldedLife() throws {
        var settings = AlertSettings.brief
        settings.quotas.perGroup = 1
        var scene = AlertScene(settings)
        let subjects = (1...4 as ClosedRange<Int32>).map { Self.process($0, group: "api", user: 33) }
        func collect(_ shares: [Double], for seconds: Double) {
            scene.collect(zip(shares, subjects).map { .memory($0, of: $1) }, for: seconds)
        }
        func folded() -> Alert? { scene.engine.activeAlerts.first(where: \.subject.isFolded) }
        collect([0.9, 0.9, 0.9, 0.1], for: 65)
        #expect(scene.transitions == [.fired, .fired])
        #expect(folded()?.count == 2)
        collect([0.9, 0.9, 0.97, 0.9], for: 65)
        #expect(scene.transitions == [.fired, .fired, .escalated])
        #expect(folded()?.count == 3)
        #expect(folded()?.threshold == 0.95)
        #expect(folded()?.evidence.hasSuffix("memory at 0.97") == true)
        collect([0.9, 0.9, 0.9, 0.9], for: 65)
        #expect(scene.events.last?.transition == .eased)
        // The one with an alert of its own goes; the others stay where they are.
        collect([0.1, 0.9, 0.9, 0.9], for: 65)
        #expect(scene.events.last?.alert.subject == subjects[0])
        #expect(folded()?.count == 3)
        collect([0.1, 0.1, 0.1, 0.1], for: 65)
        let event = try #require(scene.events.last)
        #expect(event.resolution == .cleared)
        #expect(event.alert.subject.isFolded)
        #expect(scene.engine.activeAlerts.isEmpty)
        #expect(scene.events.count == 6)
        #expect(scene.engine.suppressed == 0)
    }

    @Test("When all processes of an alert of several have ended, it has, too")
    func foldedEnd() {
        var settings = AlertSettings.brief
        settings.quotas.perGroup = 0
        var scene = AlertScene(settings)
        let subjects = (1...4 as ClosedRange<Int32>).map { Self.process($0, group: "api", user: 33) }
        scene.collect(subjects.map { .memory(0.9, of: $0) }, for: 65)
        #expect(scene.transitions == [.fired])
        scene.collect([], for: 10)
        #expect(scene.events.last?.resolution == .ended)
        #expect(scene.events.last?.reason == "the processes have ended, or aren't watched any more")
    }

    @Test("After a restart an alert of several processes goes on, and ends if none has the condition any more")
    func foldedRestart() {
        var settings = AlertSettings.brief
        settings.quotas.perGroup = 1
        var before = AlertScene(settings)
        let observations = (1...4).map { AlertObservation.memory(0.9, of: Self.process($0, group: "api", user: 33)) }
        before.collect(observations, for: 65)
        let active = before.engine.activeAlerts
        #expect(active.count == 2)
        let restored = RestoredAlerts(active.map { ($0, "boot 1") }, in: "boot 1", at: before.wall)
        #expect(restored.active == active)
        var same = AlertScene(settings, restoring: restored.active)
        same.collect(observations, for: 600)
        #expect(same.events.isEmpty)
        #expect(same.engine.activeAlerts.map(\.id) == active.map(\.id))
        var cleared = AlertScene(settings, restoring: restored.active)
        cleared.collect((1...4).map { .memory(0.1, of: Self.process($0, group: "api", user: 33)) }, for: 600)
        #expect(cleared.transitions == [.resolved, .resolved])
        let rebooted = RestoredAlerts(active.map { ($0, "boot 1") }, in: "boot 2", at: before.wall)
        #expect(rebooted.active.isEmpty)
        #expect(rebooted.ended.count == 2)
    }

    @Test(
        "A share of a tiny limit is no alert",
        arguments: [
            (AlertType.descriptors, 3.0, 900.0), (.processMemory, 1_048_576, 1e9), (.cgroupMemory, 4096, 1e9),
        ])
    func minima(type: AlertType, tiny: Double, large: Double) {
        func observation(_ used: Double) -> AlertObservation {
            AlertObservation(type, .redis, .share(1, used: used)) { "all of it" }
        }
        var scene = AlertScene(AlertSettings())
        scene.collect([observation(tiny)], for: 3600)
        #expect(scene.events.isEmpty)
        scene.collect([observation(large)], for: 600)
        #expect(scene.transitions == [.fired])
        scene.collect([observation(tiny)], for: 600)
        #expect(scene.transitions == [.fired, .resolved])
    }
}
