import AgentState
import Alerting
import HostWatch

/// `/api/v1/metrics`: how the host and its groups are now.
struct MetricsBody: Encodable, Sendable {
    /// Of the collection, in seconds since 1970.
    let timestamp: Double
    let system: HostBody
    let processesTotal: Int
    let groupsTotal: Int
    /// The largest in resident memory; `/api/v1/groups` has all.
    let groups: [GroupBody]
    let cgroupsTotal: Int
    /// Those with memory limits, the fullest first.
    let cgroups: [CgroupBody]
    let pools: [PoolBody]

    init(_ state: AgentState, use: ProcessorUse?) {
        timestamp = state.snapshot.time.wall
        cgroupsTotal = state.snapshot.cgroups.count + state.snapshot.droppedCgroups
        cgroups = state.snapshot.cgroups.prefix(OverviewLimit.cgroups).map(CgroupBody.init)
        system = HostBody(state.snapshot.host, use: use)
        processesTotal = state.snapshot.processes.count
        groupsTotal = state.snapshot.groups.count
        groups = GroupBody.bodies(of: state.largestGroups(OverviewLimit.groups), in: state, use: use)
        pools = state.pools.map(PoolBody.init)
    }
}

/// `/api/v1/metrics/report`: the key figures, who uses the memory, who leaks, and what is alerted.
struct ReportBody: Encodable, Sendable {
    struct Key: Encodable, Sendable {
        let processes: Int
        let groups: Int
        @Nullable var cpuPercent: Double?
        @Nullable var memoryPercent: Double?
        let alertsActive: Int
        let alertsCritical: Int
        let processesLeaking: Int
        /// Processes of which nothing can be read, for lack of permission.
        let processesHidden: Int
    }

    struct Memory: Encodable, Sendable {
        @Nullable var totalBytes: UInt64?
        @Nullable var usedBytes: UInt64?
        /// Of all groups together: shared pages count in each; `null` while a process can't be read.
        @Nullable var residentBytes: UInt64?
        @Nullable var anonymousBytes: UInt64?
        let largestGroups: [GroupBody]
    }

    let timestamp: Double
    let keyFigures: Key
    let memory: Memory
    let leaks: [LeakingProcessBody]
    let alerts: [AlertBody]
    let agent: HealthBody

    init(_ state: AgentState, use: ProcessorUse?) {
        let host = HostBody(state.snapshot.host, use: use)
        let leaking = LeakingProcessBody.all(in: state, limit: .max)
        timestamp = state.snapshot.time.wall
        keyFigures = Key(
            processes: state.snapshot.processes.count, groups: state.snapshot.groups.count,
            cpuPercent: host.cpuPercent, memoryPercent: host.memory?.percent,
            alertsActive: state.activeAlerts.count,
            alertsCritical: state.activeAlerts.count { $0.severity == .critical },
            processesLeaking: leaking.count, processesHidden: state.snapshot.cost.hidden)
        memory = Memory(
            totalBytes: host.memory?.totalBytes, usedBytes: host.memory?.usedBytes,
            residentBytes: Self.sum(state.snapshot.groups, \.resident),
            anonymousBytes: Self.sum(state.snapshot.groups, \.anonymous),
            largestGroups: GroupBody.bodies(of: state.largestGroups(10), in: state, use: use))
        leaks = Array(leaking.prefix(OverviewLimit.leaks))
        alerts = state.worstActiveAlerts.prefix(OverviewLimit.alerts).map(AlertBody.init)
        agent = HealthBody(state.health)
    }

    /// `nil` unless all of them are known.
    private static func sum(
        _ groups: [GroupMeasurement], _ value: (GroupMeasurement) -> Known<UInt64>
    ) -> UInt64? {
        groups.reduce(0) { sum, group in value(group).value.flatMap { value in sum.map { $0 &+ value } } }
    }
}

/// `/api/v1/metrics/dashboard`: all that a page about the host shows.
struct DashboardBody: Encodable, Sendable {
    let timestamp: Double
    let agent: HealthBody
    let system: HostBody
    let processesTotal: Int
    let groupsTotal: Int
    let groups: [GroupBody]
    /// The largest in resident memory.
    let processes: [ProcessBody]
    let pools: [PoolBody]
    let leaks: [LeakingProcessBody]
    let alertsActiveTotal: Int
    /// The worst ones.
    let alertsActive: [AlertBody]
    /// The last ones.
    let alertsResolved: [AlertBody]

    init(_ state: AgentState, use: ProcessorUse?) {
        timestamp = state.snapshot.time.wall
        agent = HealthBody(state.health)
        system = HostBody(state.snapshot.host, use: use)
        processesTotal = state.snapshot.processes.count
        groupsTotal = state.snapshot.groups.count
        groups = GroupBody.bodies(of: state.largestGroups(OverviewLimit.groups), in: state, use: use)
        let largest = state.snapshot.processes.sorted { $0.memory.resident > $1.memory.resident }
        processes = largest.prefix(OverviewLimit.processes).map { ProcessBody($0, in: state, use: use) }
        pools = state.pools.map(PoolBody.init)
        leaks = LeakingProcessBody.all(in: state, limit: OverviewLimit.leaks)
        alertsActiveTotal = state.activeAlerts.count
        alertsActive = state.worstActiveAlerts.prefix(OverviewLimit.alerts).map(AlertBody.init)
        alertsResolved = state.resolvedAlerts.prefix(OverviewLimit.alerts).map(AlertBody.init)
    }
}

/// How many entries the bodies that have no pages hold at most.
private enum OverviewLimit {
    static let groups = 100
    static let cgroups = 100
    static let processes = 25
    static let leaks = 100
    static let alerts = 200
}

extension AgentState {
    fileprivate func largestGroups(_ count: Int) -> ArraySlice<GroupMeasurement> {
        snapshot.groups.sorted { ($0.resident.value ?? 0) > ($1.resident.value ?? 0) }.prefix(count)
    }
}

/// A connection pool's use.
struct PoolBody: Encodable, Sendable {
    let name: String
    let endpoint: String
    let maximum: Int
    /// Established connections, of all groups; `null` when some processes' connections can't be read.
    @Nullable var used: Int?
    @Nullable var percent: Double?
    let usedByGroup: [String: Int]

    init(_ pool: PoolUse) {
        name = pool.name
        endpoint = pool.endpoint
        maximum = pool.maximum
        used = pool.total
        percent = pool.maximum > 0 ? pool.total.map { Double($0) / Double(pool.maximum) * 100 } : nil
        usedByGroup = pool.used
    }
}
