package import Alerting
package import HostWatch
package import MemoryTrends

/// All that the agent knows now; a new one replaces it after each collection.
///
/// Scrapes and requests read it and touch no target, so they cost the same whatever the interval.
package struct AgentState: Sendable {
    package var snapshot: HostSnapshot
    /// For every process that is watched long enough for a verdict.
    package var verdicts: [ProcessIdentity: LeakVerdict]
    /// The use of the configured connection pools.
    package var pools: [PoolUse]
    package var activeAlerts: [Alert]
    /// The last ones, newest first; bounded.
    package var resolvedAlerts: [Alert]
    package var health: AgentHealth

    package init(
        snapshot: HostSnapshot, verdicts: [ProcessIdentity: LeakVerdict], pools: [PoolUse], activeAlerts: [Alert],
        resolvedAlerts: [Alert], health: AgentHealth
    ) {
        self.snapshot = snapshot
        self.verdicts = verdicts
        self.pools = pools
        self.activeAlerts = activeAlerts
        self.resolvedAlerts = resolvedAlerts
        self.health = health
    }
}

extension AgentState {
    /// Seconds without a collection after which the agent counts as stalled: a collection can take a while on a busy host, but not
    /// several in a row.
    package var stallLimit: Double { max(60, 3 * health.collectionInterval) }

    /// Critical ones first, then the newest.
    package var worstActiveAlerts: [Alert] {
        activeAlerts.sorted { ($1.severity, $1.since, $0.id) < ($0.severity, $0.since, $1.id) }
    }
}

/// Connections to an endpoint, against the maximum that the configuration names.
package struct PoolUse: Equatable, Sendable {
    package let name: String
    /// As configured: `ADDRESS:PORT`.
    package let endpoint: String
    package let maximum: Int
    /// Established connections by group, of the processes whose connections are known.
    package var used: [String: Int]
    /// Whether all that may use the pool could be read: else `used` is too low.
    package var isComplete: Bool

    package init(name: String, endpoint: String, maximum: Int, used: [String: Int], isComplete: Bool = true) {
        self.name = name
        self.endpoint = endpoint
        self.maximum = maximum
        self.used = used
        self.isComplete = isComplete
    }

    /// All connections; `nil` when not all are known.
    package var total: Int? { isComplete ? used.values.reduce(0, +) : nil }
}

extension PoolUse {
    /// Counts the established connections to the pool's endpoint by group.
    ///
    /// What is left out, or could not be read, makes the count incomplete.
    package init(_ settings: PoolSettings, in snapshot: HostSnapshot) {
        var used: [String: Int] = [:]
        for group in snapshot.groups {
            guard let count = group.connections.value?.byRemote[settings.remote], count > 0 else { continue }
            used[group.name] = count
        }
        self.init(
            name: settings.name, endpoint: settings.endpoint, maximum: settings.maximum, used: used,
            isComplete: snapshot.hasAllConnections)
    }
}
