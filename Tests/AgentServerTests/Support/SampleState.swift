import AgentState
import Alerting
import HostWatch
import MemoryTrends
import ProcFS
import ProfileModel

/// A host with processes of all kinds: plain, leaking, unreadable, with a hostile name.
enum SampleState {
    static let wall = 1_800_000_000.0

    /// - Parameter extra: how many more processes and groups there are.
    static func make(extra: Int = 0) -> AgentState {
        let processes =
            [
                process(100, group: "redis-server", command: "redis-server", resident: 500 << 20),
                process(200, group: "leaky", command: "leaky", resident: 900 << 20, start: 77),
                unreadable(300, group: "private"),
                process(400, group: hostileName, command: hostileName, resident: 1 << 20),
            ] + (0..<extra).map { process(Int32(1000 + $0), group: "extra-\($0)", command: "x", resident: 4096) }
        let groups = processes.map(group).sorted { $0.name < $1.name }
        let snapshot = HostSnapshot(
            time: WatchTime(monotonic: 10_000, wall: wall), host: host, processes: processes, groups: groups,
            cgroups: cgroups, droppedCgroups: 5,
            cost: CollectionCost(cpuSeconds: 0.01, wallSeconds: 0.02, vanished: 1, hidden: 2, degraded: []))
        let leaky = processes[1].identity
        return AgentState(
            snapshot: snapshot, verdicts: [leaky: verdict, processes[0].identity: calm],
            pools: [PoolUse(name: "database", endpoint: "10.0.0.1:5432", maximum: 20, used: ["redis-server": 5])],
            activeAlerts: [alert(.active)], resolvedAlerts: [alert(.resolved)], health: health)
    }

    private static let cgroups = [
        CgroupMemory(
            path: "/system.slice/leaky.service", limit: CgroupLimit(bytes: 1 << 30, kind: .high),
            use: CgroupUse(current: 1 << 30, inactiveFile: 1 << 20, unreclaimable: 1 << 29), group: "leaky",
            processes: 1,
            largest: .init(process: ProcessID(rawValue: 200), command: hostileName, anonymous: 450 << 20)),
        CgroupMemory(
            path: "/" + hostileName, limit: CgroupLimit(bytes: 1 << 30, kind: .max), use: nil, group: "private",
            processes: 1),
    ]

    /// What a process can call itself, as far as it is text.
    static let hostileName = "a\"b\\c\u{1}\u{1B}[31m</script>{}\n\u{202E}é💥"

    private static func process(
        _ number: Int32, group: String, command: String, resident: UInt64, start: UInt64 = 5
    ) -> ProcessMeasurement {
        ProcessMeasurement(
            identity: ProcessIdentity(process: ProcessID(rawValue: number), startTicks: start), group: group,
            command: command, user: 33, startedAt: 4000,
            memory: ProcessMemory(
                resident: resident, anonymous: resident / 2, swap: .value(4096), virtual: resident * 3,
                proportional: .notRead, limit: MemoryLimit(bytes: 1 << 30, source: .cgroup)),
            cpu: ProcessorTimes(user: 3, system: 1), threads: 4,
            descriptors: .value(DescriptorUse(open: 12, limit: nil)),
            disk: .value(DiskTransfer(read: 1000, written: 2000)),
            connections: .value(
                ConnectionCounts(byState: [.established: 3, .timeWait: 1], byRemote: ["10.0.0.1:5432": 3])))
    }

    private static func unreadable(_ number: Int32, group: String) -> ProcessMeasurement {
        var process = process(number, group: group, command: "secret", resident: 2 << 20)
        process.descriptors = .notPermitted
        process.disk = .notPermitted
        process.connections = .notOffered
        process.memory.swap = .notRead
        return process
    }

    private static func group(of process: ProcessMeasurement) -> GroupMeasurement {
        GroupMeasurement(
            name: process.group, processes: 1, threads: .value(process.threads),
            resident: .value(process.memory.resident), anonymous: .value(process.memory.anonymous),
            swap: process.memory.swap, virtual: .value(process.memory.virtual),
            proportional: process.memory.proportional,
            highestLimitShare: .value(Double(process.memory.resident) / Double(1 << 30)), cpu: process.cpu,
            openDescriptors: process.descriptors.map(\.open), highestDescriptorShare: .notOffered, disk: process.disk,
            connections: process.connections,
            unreadable: process.descriptors == .notPermitted ? ["descriptors": 1, "camelCase": 1] : [:], ended: 7)
    }

    private static let host = HostMeasurement(
        memory: .value(HostMemory(total: 8 << 30, available: 6 << 30, swapTotal: 1 << 30, swapFree: 1 << 29)),
        cpu: .value(
            HostProcessorTimes(
                user: 100, nice: 1, system: 50, idle: 1000, ioWait: 5, interrupt: 1, softInterrupt: 2, steal: 0)),
        cpuCount: 4, disk: .value(DiskTransfer(read: 1, written: 2)), network: .notPermitted,
        loadAverage: .value(0.5))

    private static let verdict = LeakVerdict(
        level: .confirmed, window: 21_600, slope: 15_000, slopeInterval: 14_000...16_000, floorGrowth: 327_155_712,
        currentBytes: 900 << 20, limitBytes: 1 << 30, secondsToLimit: 8671,
        evidence: "floor grew 312 MiB in 6 h, 52.0 MiB/h ± 4.0 MiB/h, still growing")

    private static let calm = LeakVerdict(
        level: .none, window: 21_600, slope: .nan, slopeInterval: -.infinity ... .infinity, floorGrowth: 0,
        currentBytes: 500 << 20, limitBytes: nil, secondsToLimit: nil, evidence: "no growth")

    static func alert(_ state: Alert.State, id: String = "leak/leaky/200/77") -> Alert {
        Alert(
            id: id, type: .leak,
            subject: AlertSubject(group: "leaky", process: 200, command: hostileName, startTicks: 77), state: state,
            severity: .critical, value: 15_000, threshold: 0, since: wall - 600,
            resolvedAt: state == .resolved ? wall - 60 : nil, evidence: "floor grew 312 MiB in 6 h",
            recommendation: "run `sonde memory -p 200`")
    }

    private static var health: AgentHealth {
        AgentHealth(
            version: "0.2.0", startedAt: wall - 3600, cpuSeconds: 12.5, residentBytes: 40 << 20,
            virtualBytes: 400 << 20, openDescriptors: 20, descriptorLimit: 1024,
            store: .failing(reason: "disk full"), lastReload: .failed(wall: wall - 5, reason: "line 3"),
            limitations: ["descriptors of other users: run as root"], degraded: [], collectionInterval: 5,
            suppressedAlerts: 3,
            destinations: [.init(kind: "webhook", name: "webhook example:443", isUp: false, pending: 7)],
            counters: AgentCounters())
    }
}
