import AgentState
import Alerting
import HostWatch
import MemoryTrends
import ProcFS
import ProfileModel

/// Agent states with known figures.
enum SampleStates {
    enum Name: CaseIterable {
        case rich, empty, large
    }

    static func state(_ name: Name) -> AgentState {
        switch name {
        case .rich: rich
        case .empty: empty
        case .large: large
        }
    }

    /// Something of everything: leaks, unknown figures, a group in its grace period, hostile names, pools, alerts.
    static var rich: AgentState {
        let groups = [
            group("api.service", processes: 2, scale: 4), group("cron.service", processes: 0, scale: 0),
            group("hostile \"\\\n\u{1b}[31m\u{202E}" + String(repeating: "ü", count: 200), processes: 1, scale: 1),
            group("redis-server", processes: 1, scale: 2), unreadable("secret.service"),
            group("workers", processes: 8, scale: 8),
        ]
        var processes = [
            process(100, of: "api.service"), process(101, of: "api.service"), process(200, of: "redis-server"),
        ]
        processes += (300..<308).map { process($0, of: "workers") }
        var verdicts = [
            processes[0].identity: verdict(.warning, slope: 1200.5, secondsToLimit: 4.2e6),
            processes[1].identity: verdict(.none, slope: 0.125, secondsToLimit: 9e9),
            processes[2].identity: verdict(.none, slope: 0, secondsToLimit: nil),
        ]
        for process in processes.dropFirst(3) { verdicts[process.identity] = verdict(.none, slope: -3) }
        verdicts[processes[7].identity] = verdict(.confirmed, slope: 100_000, secondsToLimit: 50_400)
        verdicts[ProcessIdentity(process: ProcessID(rawValue: 999), startTicks: 1)] = verdict(.confirmed, slope: 1e9)
        return AgentState(
            snapshot: richSnapshot(processes, groups), verdicts: verdicts,
            pools: [
                PoolUse(
                    name: "orders", endpoint: "10.0.0.5:5432", maximum: 20, used: ["api.service": 12, "workers": 5]),
                PoolUse(name: "cache", endpoint: "127.0.0.1:6379", maximum: 50, used: [:]),
            ],
            activeAlerts: [alert(.leak, .critical), alert(.leak, .warning), alert(.pool, .warning)],
            resolvedAlerts: [], health: richHealth)
    }

    /// A host on which nothing was seen yet.
    static var empty: AgentState {
        var snapshot = snapshot(processes: [], groups: [])
        snapshot.host.disk = .notOffered
        snapshot.host.network = .notOffered
        snapshot.host.loadAverage = .notOffered
        return AgentState(
            snapshot: snapshot, verdicts: [:], pools: [], activeAlerts: [], resolvedAlerts: [],
            health: health(store: .working, descriptorLimit: nil))
    }

    /// As many groups as are told apart, one process each, all with a verdict.
    static var large: AgentState {
        var state = empty
        state.snapshot.groups = (0..<1000).map { group("service-\($0).service", processes: 1, scale: UInt64($0)) }
        state.snapshot.processes = (0..<1000).map { process(Int32($0 + 1), of: "service-\($0).service") }
        for (index, process) in state.snapshot.processes.enumerated() {
            state.verdicts[process.identity] = verdict(.warning, slope: Double(index) / 7, secondsToLimit: 1e5 / 3)
        }
        return state
    }

    static func group(_ name: String, processes: Int, scale: UInt64) -> GroupMeasurement {
        let connections = ConnectionCounts(byState: [.established: Int(scale) * 3, .closeWait: 1], byRemote: [:])
        return GroupMeasurement(
            name: name, processes: processes, threads: .value(scale * 5), resident: .value(scale << 27),
            anonymous: .value(scale << 26), swap: .value(scale << 20), virtual: .value(scale << 34),
            proportional: scale == 8 ? .value(77 << 20) : .notRead,
            highestLimitShare: .value(Double(scale) / 10.7),
            cpu: ProcessorTimes(user: Double(scale) * 12.25, system: 0.01),
            openDescriptors: .value(scale * 40), highestDescriptorShare: .value(Double(scale) / 100),
            disk: .value(DiskTransfer(read: scale * 4096, written: scale << 33)),
            connections: scale == 0 ? .value(ConnectionCounts(byState: [:], byRemote: [:])) : .value(connections),
            unreadable: [:], ended: scale)
    }

    static func process(_ number: Int32, of group: String) -> ProcessMeasurement {
        ProcessMeasurement(
            identity: ProcessIdentity(process: ProcessID(rawValue: number), startTicks: UInt64(number) * 100),
            group: group, command: "program", user: 1000, startedAt: 10,
            memory: ProcessMemory(
                resident: 1 << 27, anonymous: 1 << 26, swap: .value(0), virtual: 1 << 32, proportional: .notRead,
                limit: MemoryLimit(bytes: 1 << 30, source: .cgroup)),
            cpu: ProcessorTimes(user: 1, system: 1), threads: 1, descriptors: .notRead, disk: .notRead,
            connections: .notRead)
    }

    static func verdict(_ level: LeakLevel, slope: Double, secondsToLimit: Double? = nil) -> LeakVerdict {
        LeakVerdict(
            level: level, window: 3600, slope: slope, slopeInterval: slope...slope, floorGrowth: slope * 3600,
            currentBytes: 1 << 26, limitBytes: 1 << 30, secondsToLimit: secondsToLimit, evidence: "")
    }

    /// Another user's processes, of which the kernel tells an unprivileged agent little.
    private static func unreadable(_ name: String) -> GroupMeasurement {
        var group = group(name, processes: 3, scale: 1)
        group.swap = .notPermitted
        group.openDescriptors = .notPermitted
        group.highestDescriptorShare = .notPermitted
        group.disk = .notPermitted
        group.connections = .notPermitted
        group.unreadable = ["disk": 3, "descriptors": 3]
        return group
    }

    private static func snapshot(processes: [ProcessMeasurement], groups: [GroupMeasurement]) -> HostSnapshot {
        let host = HostMeasurement(
            memory: .value(HostMemory(total: 16 << 30, available: 9 << 30, swapTotal: 2 << 30, swapFree: 2 << 30)),
            cpu: .value(
                HostProcessorTimes(
                    user: 1234.5, nice: 0.25, system: 456, idle: 99_999.99, ioWait: 12, interrupt: 0,
                    softInterrupt: 3.5,
                    steal: 0)),
            cpuCount: 4, disk: .value(DiskTransfer(read: 123_456_789_012, written: 9_007_199_254_740_992)),
            network: .value(NetworkTransfer(received: 5_000_000_000, sent: 700_000)), loadAverage: .value(0.42))
        return HostSnapshot(
            time: WatchTime(monotonic: 5000, wall: 1_790_000_000.25), host: host, processes: processes, groups: groups,
            cost: CollectionCost(
                cpuSeconds: 0.004, wallSeconds: 0.0052, vanished: 1, hidden: 2, quarantined: 1,
                degraded: ["descriptors"]))
    }

    private static func richSnapshot(
        _ processes: [ProcessMeasurement], _ groups: [GroupMeasurement]
    ) -> HostSnapshot {
        var snapshot = snapshot(processes: processes, groups: groups)
        snapshot.cgroups = [
            CgroupMemory(
                path: "/kubepods/pod1/app", limit: CgroupLimit(bytes: 2 << 30, kind: .max),
                use: CgroupUse(current: 2 << 30, inactiveFile: 1 << 20, unreclaimable: 1_503_238_553), group: "workers",
                processes: 8),
            CgroupMemory(
                path: "/user.slice/hostile \"\\\u{1b}[31m\u{202E}" + String(repeating: "ü", count: 200),
                limit: CgroupLimit(bytes: 1 << 30, kind: .high),
                use: CgroupUse(current: 1 << 29, inactiveFile: 0, unreclaimable: 1 << 28), group: "workers",
                processes: 1),
            CgroupMemory(
                path: "/system.slice/secret.service", limit: CgroupLimit(bytes: 1 << 30, kind: .max), use: nil,
                group: "secret.service", processes: 3),
        ]
        snapshot.droppedCgroups = 12
        snapshot.droppedProcesses = 3
        snapshot.mergedProcesses = 7
        return snapshot
    }

    private static func alert(_ type: AlertType, _ severity: Alert.Severity) -> Alert {
        Alert(
            id: "\(type)", type: type, subject: .host, state: .active, severity: severity, value: 1, threshold: 0.8,
            since: 1_790_000_000, resolvedAt: nil, evidence: "", recommendation: "")
    }

    private static var richHealth: AgentHealth {
        var health = health(store: .failing(reason: "disk full"), descriptorLimit: 1024)
        health.lastReload = .failed(wall: 1_789_999_999, reason: "line 3")
        health.limitations = ["Descriptors of other users' processes can't be counted; run as root."]
        health.degraded = [
            .init(name: "interval", reason: "collections are 2 times as far apart: 12.3 % of a CPU is in use"),
            .init(name: "connections", reason: "connections are not counted: 12.3 % of a CPU is in use"),
            .init(name: "interval", reason: "collections are 4 times as far apart: 12.3 % of a CPU is in use"),
        ]
        health.collectionInterval = 20
        health.suppressedAlerts = 2
        health.destinations = [
            .init(kind: "webhook", name: "webhook away:80", isUp: false, pending: 3),
            .init(kind: "webhook", name: "webhook there:80", isUp: true, pending: 1),
            .init(kind: "alertmanager", name: "alertmanager there:9093", isUp: true, pending: 0),
        ]
        health.counters.collections = 720
        health.counters.lateCollections = 1
        health.counters.collectionCPUSeconds = 2.88
        health.counters.alertsFired = 4
        health.counters.alertsResolved = 1
        health.counters.deliveries = ["webhook": 4, "alertmanager": 60]
        health.counters.failedDeliveries = ["webhook": 1]
        health.counters.unwrittenAlertLines = 4
        health.counters.storeErrors = 2
        health.counters.storedReadings = 100_000
        health.counters.unstoredReadings = 16
        return health
    }

    private static func health(store: AgentHealth.Store, descriptorLimit: UInt64?) -> AgentHealth {
        AgentHealth(
            version: "1.2.3", startedAt: 1_789_990_000.5, cpuSeconds: 3.25, residentBytes: 40 << 20,
            virtualBytes: 600 << 20, openDescriptors: 17, descriptorLimit: descriptorLimit, store: store,
            lastReload: .none, limitations: [], degraded: [], collectionInterval: 5, suppressedAlerts: 0,
            counters: AgentCounters())
    }
}
