import AgentState
import Alerting
import HostWatch
import MemoryTrends
import ProfileModel
import Testing

@Suite struct AlertObservationsTests {
    @Test func namesTheProcessItsFiguresAndItsLimit() throws {
        let observation = try #require(observations(of: .collected()).first { $0.type == .processMemory })
        #expect(observation.reading == .share(0.75, used: 768 * 1_048_576))
        #expect(
            observation.evidence()
                == "server (PID 42, group web) has 768 MiB anonymous and swapped out, 75.0 % of its cgroup's limit of "
                + "1.0 GiB")
        #expect(
            observation.subject == AlertSubject(group: "web", process: 42, command: "server", startTicks: 7, user: 0))
    }

    /// Files that are mapped, and shared memory as PostgreSQL's buffers, don't count.
    @Test func aShareOfTheLimitIsTheSameForAProcessAndForItsGroup() throws {
        let snapshot = HostSnapshot.collected()
        let observation = try #require(observations(of: snapshot).first { $0.type == .processMemory })
        let memory = snapshot.processes[0].memory
        #expect(observation.reading == .share(memory.limitShare, used: Double(memory.leakable)))
    }

    @Test func aShareWithoutKnownSwapIsUnknown() {
        let snapshot = HostSnapshot.collected(swap: .notOffered)
        #expect(observations(of: snapshot).first { $0.type == .processMemory }?.reading == .unknown)
    }

    @Test func whatCannotBeReadIsUnknownAndNotMissing() throws {
        let known = observations(of: .collected(descriptors: .value(.init(open: 900, limit: 1000))))
        let hidden = observations(of: .collected(descriptors: .notPermitted))
        #expect(known.first { $0.type == .descriptors }?.reading == .share(0.9, used: 900))
        #expect(hidden.first { $0.type == .descriptors }?.reading == .unknown)
        #expect(known.map(\.type) == hidden.map(\.type))
    }

    @Test func cpuSharesNeedTwoCollections() throws {
        let first = HostSnapshot.collected()
        #expect(observations(of: first).first { $0.type == .hostCPU }?.reading == .unknown)
        #expect(observations(of: first).first { $0.type == .groupCPU }?.reading == .unknown)
        let second = HostSnapshot.collected(at: 10, busy: 15, idle: 5, groupCPU: 8)
        let both = observations(of: second, previous: first)
        #expect(both.first { $0.type == .hostCPU }?.reading == .value(0.75))
        #expect(both.first { $0.type == .groupCPU }?.reading == .value(0.4))
    }

    @Test(
        arguments: [
            (LeakLevel.none, nil, nil), (.warning, 7200, nil), (.warning, 1800, .warning), (.suspected, 3600, .warning),
            (.suspected, 40 * 86400, nil), (.confirmed, nil, .warning), (.confirmed, 40 * 86400, nil),
            (.confirmed, 29 * 86400, .warning), (.confirmed, 3600, .critical),
        ] as [(LeakLevel, Double?, Alert.Severity?)])
    func aLeakIsCriticalWhenItIsConfirmedAndFillsItsLimitSoon(
        level: LeakLevel, left: Double?, severity: Alert.Severity?
    ) throws {
        let verdict = LeakVerdict.judged(level, left: left)
        let leak = try #require(observations(of: .collected(), verdict: verdict).first { $0.type == .leak })
        let isUndecided = severity == nil && level > .none
        #expect(leak.reading == (isUndecided ? .undecided(value: 4096) : .verdict(severity, value: 4096)))
        #expect(leak.evidence() == "server (PID 42, group web): \(level.rawValue), grew 312 MiB in 6 h")
    }

    @Test(arguments: [LeakFinding.tooFewReadings, .tooShort, .gap])
    func aVerdictOverPartOfItsWindowIsTentative(finding: LeakFinding) {
        func reading(_ level: LeakLevel, left: Double?) -> AlertObservation.Reading? {
            var verdict = LeakVerdict.judged(level, left: left)
            verdict.findings = [.small, finding]
            return observations(of: .collected(), verdict: verdict).first { $0.type == .leak }?.reading
        }
        #expect(reading(.none, left: nil) == .tentative(nil, value: 4096))
        #expect(reading(.warning, left: 7200) == .undecided(value: 4096))
        #expect(reading(.warning, left: 600) == .tentative(.warning, value: 4096))
    }

    /// The kernel takes page cache from it before it kills it.
    @Test func aLeakThatHasFilledItsLimitIsNotOver() throws {
        var settings = AlertSettings()
        (settings.leakHold, settings.leakClearHold) = (0, 10)
        var scene = AlertScene(settings)
        func leak(_ level: LeakLevel, swappedOut: UInt64) -> [AlertObservation] {
            let snapshot = HostSnapshot.collected(swap: .value(swappedOut))
            return observations(of: snapshot, verdict: .judged(level, left: nil)).filter { $0.type == .leak }
        }
        scene.collect(leak(.confirmed, swappedOut: 160 << 20))
        scene.collect(leak(.none, swappedOut: 450 << 20), for: 3600)
        #expect(scene.transitions == [.fired])
        scene.collect(leak(.none, swappedOut: 0), for: 60)
        #expect(scene.transitions == [.fired, .resolved])
    }

    @Test func onlyConfirmedLeaksAlertWhenSoConfigured() throws {
        var settings = AlertSettings()
        settings.leakLevel = "confirmed"
        let suspected = observations(of: .collected(), verdict: .judged(.suspected, left: 60), settings: settings)
        #expect(suspected.first { $0.type == .leak }?.reading == .undecided(value: 4096))
    }

    @Test func aLeakAlertWhoseProcessIsNotJudgedAnyMoreResolves() throws {
        var settings = AlertSettings()
        (settings.leakHold, settings.leakClearHold) = (0, 600)
        var engine = AlertEngine(settings: settings, collectionInterval: 5)
        let judged = observations(of: .collected(), verdict: .judged(.confirmed, left: 3600))
        #expect(engine.evaluate(judged, at: (0, 0)).map(\.transition) == [.fired])
        let found = observations(of: .collected())
        #expect(found.first { $0.type == .leak }?.reading == .verdict(nil, value: 0))
        for collection in 1..<121 {
            #expect(engine.evaluate(found, at: (Double(collection) * 5, Double(collection) * 5)) == [])
        }
        let event = try #require(engine.evaluate(found, at: (605, 605)).first)
        #expect(event.resolution == .cleared)
        #expect(event.alert.evidence.hasPrefix("server (PID 42, group web): its memory is small, or has moved"))
    }

    @Test func aPoolCountsTheConnectionsOfAllGroups() throws {
        let pool = PoolUse(name: "db", endpoint: "10.0.0.5:5432", maximum: 100, used: ["web": 60, "worker": 30])
        let use = try #require(observations(of: .collected(), pools: [pool]).first { $0.type == .pool })
        #expect(use.reading == .value(0.9))
        #expect(
            use.evidence() == "pool db: 90 of 100 connections to 10.0.0.5:5432: 60 by web, 30 by worker")
    }

    @Test func aPoolOfWhichNotAllConnectionsAreCountedIsUnknown() throws {
        let settings = PoolSettings(name: "db", endpoint: "10.0.0.5:5432", maximum: 100)
        var snapshot = HostSnapshot.collected()
        snapshot.groups[0].connections = .value(
            ConnectionCounts(byState: [.established: 9], byRemote: ["10.0.0.5:5432": 7, "10.0.0.6:5432": 2]))
        let all = PoolUse(settings, in: snapshot)
        #expect(all.used == ["web": 7] && all.total == 7)
        snapshot.hasAllConnections = false
        let some = PoolUse(settings, in: snapshot)
        #expect(some.used == ["web": 7] && some.total == nil)
        #expect(observations(of: snapshot, pools: [some]).first { $0.type == .pool }?.reading == .unknown)
    }

    @Test func cpuOfAGroupThatWasNotReadInFullIsUnknown() throws {
        let (first, second) = (HostSnapshot.collected(), HostSnapshot.collected(at: 10, busy: 15, idle: 5, groupCPU: 8))
        for (isFirst, isSecond) in [(true, false), (false, true)] {
            var (before, after) = (first, second)
            if isFirst { before.groups[0].unreadable = ["process": 1] }
            if isSecond { after.groups[0].unreadable = ["process": 1] }
            #expect(observations(of: after, previous: before).first { $0.type == .groupCPU }?.reading == .unknown)
        }
    }

    @Test func hostileNamesAreMadePlainAndShort() throws {
        let snapshot = HostSnapshot.collected(
            command: "x\n\u{1B}[31m\u{202E}", group: String(repeating: "g", count: 10_000))
        let text = try #require(observations(of: snapshot).first { $0.type == .processMemory }).evidence()
        #expect(text.count < 400)
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
    }

    @Test func anEngineTellsOfALeakWithNameEvidenceAndNextStep() throws {
        var settings = AlertSettings()
        settings.leakHold = 0
        var engine = AlertEngine(settings: settings, collectionInterval: 5)
        let found = observations(of: .collected(), verdict: .judged(.confirmed, left: 3600))
        let alert = try #require(engine.evaluate(found, at: (1, 1)).first?.alert)
        #expect(alert.type == .leak)
        #expect(alert.severity == .critical)
        #expect(alert.evidence.contains("server (PID 42"))
        #expect(alert.recommendation.contains("sonde memory -p 42"))
    }

    private func observations(
        of snapshot: HostSnapshot, previous: HostSnapshot? = nil, verdict: LeakVerdict? = nil, pools: [PoolUse] = [],
        settings: AlertSettings = AlertSettings()
    ) -> [AlertObservation] {
        var verdicts: [ProcessIdentity: LeakVerdict] = [:]
        if let verdict { verdicts[snapshot.processes[0].identity] = verdict }
        return AlertObservations(
            snapshot, processorUse: previous.flatMap { ProcessorUse(from: $0, to: snapshot) }, verdicts: verdicts,
            pools: pools, settings: settings
        ).all
    }
}

extension LeakVerdict {
    fileprivate static func judged(_ level: LeakLevel, left: Double?) -> LeakVerdict {
        LeakVerdict(
            level: level, window: 21600, slope: 4096, slopeInterval: 4000...4200, floorGrowth: 312 * 1_048_576,
            currentBytes: 1 << 29, limitBytes: 1 << 30, secondsToLimit: left, evidence: "grew 312 MiB in 6 h")
    }
}

extension HostSnapshot {
    /// One process of one group on a host with two CPUs.
    fileprivate static func collected(
        at seconds: Double = 0, command: String = "server", group: String = "web",
        swap: Known<UInt64> = .value(68 << 20), descriptors: Known<DescriptorUse> = .notRead, busy: Double = 0,
        idle: Double = 0, groupCPU: Double = 0
    ) -> HostSnapshot {
        let memory = ProcessMemory(
            resident: 960 << 20, anonymous: 700 << 20, swap: swap, virtual: 1 << 31, proportional: .notRead,
            limit: MemoryLimit(bytes: 1 << 30, source: .cgroup))
        let cpu = ProcessorTimes(user: groupCPU, system: 0)
        let process = ProcessMeasurement(
            identity: ProcessIdentity(process: ProcessID(rawValue: 42), startTicks: 7), group: group,
            command: command, user: 0, startedAt: 0, memory: memory, cpu: cpu, threads: 1, descriptors: descriptors,
            disk: .notRead, connections: .notRead)
        let measured = GroupMeasurement(
            name: group, processes: 1, threads: .value(1), resident: .value(960 << 20), anonymous: .value(700 << 20),
            swap: swap, virtual: .value(1 << 31), proportional: .notRead,
            highestLimitShare: .value(0.75), cpu: cpu,
            openDescriptors: .notRead, highestDescriptorShare: .notRead, disk: .notRead, connections: .notRead,
            unreadable: [:], ended: 0)
        let host = HostMeasurement(
            memory: .value(HostMemory(total: 4 << 30, available: 2 << 30, swapTotal: 0, swapFree: 0)),
            cpu: .value(
                HostProcessorTimes(
                    user: busy, nice: 0, system: 0, idle: idle, ioWait: 0, interrupt: 0, softInterrupt: 0, steal: 0)),
            cpuCount: 2, disk: .notRead, network: .notRead, loadAverage: .notRead)
        return HostSnapshot(
            time: WatchTime(monotonic: 100 + seconds, wall: 1e9 + seconds), host: host, processes: [process],
            groups: [measured],
            cost: CollectionCost(cpuSeconds: 0, wallSeconds: 0, vanished: 0, hidden: 0, degraded: []))
    }
}
