import AgentState

/// How the agent itself is; times are seconds since 1970.
struct HealthBody: Encodable, Sendable {
    let version: String
    let startedAt: Double
    /// `null`, as are those after it, when it couldn't be read.
    @Nullable var cpuSecondsTotal: Double?
    @Nullable var residentBytes: UInt64?
    @Nullable var virtualBytes: UInt64?
    @Nullable var openDescriptors: UInt64?
    /// `null` as well when there is none.
    @Nullable var descriptorLimit: UInt64?
    /// `working` or `failing`.
    let store: String
    @Nullable var storeFailure: String?
    /// `none`, `succeeded` or `failed`.
    let lastReload: String
    @Nullable var lastReloadAt: Double?
    @Nullable var lastReloadFailure: String?
    /// What can't be seen, and the remedy.
    let limitations: [String]
    /// What is reduced to stay within the budget.
    let degraded: [String]
    /// As it is now.
    let collectionIntervalSeconds: Double
    /// Conditions that hold without an alert, since the quotas of alerts are used up.
    let alertsSuppressed: Int
    /// Where alerts are sent.
    let destinations: [Destination]
    let collectionsTotal: UInt64
    let lateCollectionsTotal: UInt64
    let alertsFiredTotal: UInt64
    let alertsResolvedTotal: UInt64

    struct Destination: Encodable, Sendable {
        /// `webhook` or `alertmanager`.
        let kind: String
        /// Without path and password.
        let name: String
        /// Whether it took the last alert.
        let up: Bool
        /// Notifications that wait for delivery.
        let pending: Int

        init(_ destination: AgentHealth.Destination) {
            kind = destination.kind
            name = destination.name
            up = destination.isUp
            pending = destination.pending
        }
    }

    init(_ health: AgentHealth) {
        version = health.version
        startedAt = health.startedAt
        cpuSecondsTotal = health.cpuSeconds
        residentBytes = health.residentBytes
        virtualBytes = health.virtualBytes
        openDescriptors = health.openDescriptors
        descriptorLimit = health.descriptorLimit
        let (store, reload) = (health.store.description, health.lastReload.description)
        self.store = store.word
        storeFailure = store.failure
        lastReload = reload.word
        lastReloadAt = reload.wall
        lastReloadFailure = reload.failure
        limitations = health.limitations
        degraded = health.degraded.map(\.reason)
        collectionIntervalSeconds = health.collectionInterval
        alertsSuppressed = health.suppressedAlerts
        destinations = health.destinations.map(Destination.init)
        collectionsTotal = health.counters.collections
        lateCollectionsTotal = health.counters.lateCollections
        alertsFiredTotal = health.counters.alertsFired
        alertsResolvedTotal = health.counters.alertsResolved
    }
}

extension AgentHealth.Store {
    fileprivate var description: (word: String, failure: String?) {
        switch self {
        case .working: ("working", nil)
        case .failing(let reason): ("failing", reason)
        }
    }
}

extension AgentHealth.Reload {
    fileprivate var description: (word: String, wall: Double?, failure: String?) {
        switch self {
        case .none: ("none", nil, nil)
        case .succeeded(let wall): ("succeeded", wall, nil)
        case .failed(let wall, let reason): ("failed", wall, reason)
        }
    }
}
