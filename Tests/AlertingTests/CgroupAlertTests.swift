import AgentState
import Alerting
import Foundation
import HostWatch
import MemoryTrends
import ProcFS
import ProfileModel
import Testing

/// Alerts on the memory of whole cgroups.
@Suite struct CgroupAlertTests {
    private static let path = "/system.slice/app.service"

    private func cgroup(
        _ path: String = path, mebibytes: UInt64? = 1966, kind: CgroupLimit.Kind = .max, group: String = "app.service",
        command: String = "python3"
    ) -> CgroupMemory {
        CgroupMemory(
            path: path, limit: CgroupLimit(bytes: 2 << 30, kind: kind),
            use: mebibytes.map { CgroupUse(current: 2 << 30, inactiveFile: 0, unreclaimable: $0 << 20) },
            group: group, processes: 60,
            largest: .init(process: ProcessID(rawValue: 77), command: command, anonymous: 33 << 20))
    }

    /// 60 workers of 33.0 MiB each in 2 GiB.
    private func snapshot(_ cgroups: [CgroupMemory], workers: Int32 = 60) -> HostSnapshot {
        let processes = (0..<workers).map { number in
            ProcessMeasurement(
                identity: ProcessIdentity(process: ProcessID(rawValue: 77 + number), startTicks: 7),
                group: "app.service", command: "python3", user: 0, startedAt: 0,
                memory: ProcessMemory(
                    resident: 40 << 20, anonymous: 33 << 20, swap: .value(0), virtual: 1 << 30, proportional: .notRead,
                    limit: MemoryLimit(bytes: 2 << 30, source: .cgroup)),
                cpu: ProcessorTimes(user: 0, system: 0), threads: 1, descriptors: .notRead, disk: .notRead,
                connections: .notRead)
        }
        let host = HostMeasurement(
            memory: .value(HostMemory(total: 16 << 30, available: 12 << 30, swapTotal: 0, swapFree: 0)),
            cpu: .value(
                HostProcessorTimes(
                    user: 0, nice: 0, system: 0, idle: 0, ioWait: 0, interrupt: 0, softInterrupt: 0, steal: 0)),
            cpuCount: 2, disk: .notRead, network: .notRead, loadAverage: .notRead)
        return HostSnapshot(
            time: WatchTime(monotonic: 100, wall: 1e9), host: host, processes: processes, groups: [], cgroups: cgroups,
            cost: CollectionCost(cpuSeconds: 0, wallSeconds: 0, vanished: 0, hidden: 0, degraded: []))
    }

    private func observations(_ cgroups: [CgroupMemory]) -> [AlertObservation] {
        AlertObservations(
            snapshot(cgroups), processorUse: nil, verdicts: [:], pools: [], settings: AlertSettings()
        ).all
    }

    private func observation(_ cgroup: CgroupMemory) throws -> AlertObservation {
        try #require(observations([cgroup]).first { $0.type == .cgroupMemory })
    }

    @Test func manySmallProcessesThatFillACgroupTogetherAlertOnce() throws {
        var scene = AlertScene(AlertSettings())
        scene.collect(observations([cgroup(mebibytes: 1900)]), for: 305)
        #expect(scene.events.map(\.alert.type) == [.cgroupMemory])
        #expect(scene.events.map(\.alert.severity) == [.warning])
        scene.collect(observations([cgroup(mebibytes: 1966)]), for: 65)
        #expect(scene.transitions == [.fired, .escalated])
        let alert = try #require(scene.engine.activeAlerts.first)
        #expect(alert.id == "cgroup_memory:%2Fsystem.slice%2Fapp.service")
        #expect(
            alert.evidence
                == "cgroup /system.slice/app.service (60 processes, group app.service) has 1.9 GiB of unreclaimable memory, "
                + "96.0 % of its limit of 2.0 GiB (memory.max, at which the kernel kills); the largest process is python3 "
                + "(PID 77) with 33.0 MiB anonymous")
    }

    @Test func whatKillsAndWhatHoldsUpIsToldApart() throws {
        let (kills, holdsUp) = (try observation(cgroup()), try observation(cgroup(kind: .high)))
        #expect(kills.evidence().contains("memory.max, at which the kernel kills"))
        #expect(holdsUp.evidence().contains("memory.high, beyond which the kernel slows its processes down"))
        #expect(kills.recommendation?.contains("MemoryMax=") == true)
        #expect(holdsUp.recommendation?.contains("MemoryHigh=") == true)
        var engine = AlertEngine(settings: AlertSettings(), collectionInterval: 5)
        for second in 0..<400 { _ = engine.evaluate([holdsUp], at: (Double(second), Double(second))) }
        #expect(engine.activeAlerts.map(\.recommendation) == [holdsUp.recommendation])
    }

    @Test func aUseThatCannotBeReadIsUnknown() throws {
        #expect(try observation(cgroup(mebibytes: nil)).reading == .unknown)
        var withoutStat = cgroup()
        withoutStat = CgroupMemory(
            path: withoutStat.path, limit: withoutStat.limit,
            use: CgroupUse(current: 2 << 30, inactiveFile: 0, unreclaimable: nil), group: "", processes: 1)
        #expect(try observation(withoutStat).reading == .unknown)
    }

    /// Which group most processes belong to changes as they come and go.
    @Test func theCgroupAloneTellsAlertsApart() {
        var scene = AlertScene(AlertSettings())
        for turn in 0..<100 {
            scene.collect(observations([cgroup(group: turn.isMultiple(of: 2) ? "app.service" : "sh"), cgroup("/b")]))
        }
        #expect(scene.transitions.count { $0 == .fired } == 2 && Set(scene.events.map(\.alert.id)).count == 2)
        #expect(Set(scene.events.compactMap(\.alert.subject.cgroup)) == [Self.path, "/b"])
        scene.collect(observations([cgroup("/b")]), for: 10)
        #expect(scene.events.last?.resolution == .ended)
        #expect(scene.events.last?.reason == "the cgroup isn't there any more, or has no limit of its own")
    }

    @Test func hostileNamesAreMadePlainAndShort() throws {
        let name = "x\n\u{1B}[31m\u{202E}" + String(repeating: "ж", count: 4000)
        let observation = try observation(cgroup("/" + name, group: name, command: name))
        let text = observation.evidence()
        #expect(text.count < 800)
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
        #expect(observation.recommendation?.contains("ж") == false)
    }

    @Test func anAlertThatWasStoredBeforeThereWereCgroupsIsStillRead() throws {
        let stored = #"{"group":"redis","process":4711,"command":"redis-server","startTicks":815}"#
        #expect(try JSONDecoder().decode(AlertSubject.self, from: Data(stored.utf8)) == .redis)
        let subject = AlertSubject(group: "app", process: nil, command: nil, startTicks: nil, cgroup: Self.path)
        let copy = try JSONDecoder().decode(AlertSubject.self, from: JSONEncoder().encode(subject))
        #expect(copy == subject)
    }
}
