/// How the agent itself is.
package struct AgentHealth: Equatable, Sendable {
    package enum Store: Equatable, Sendable {
        case working
        /// Kept in memory only, and why.
        case failing(reason: String)
    }

    /// A feature that is reduced to stay within the budget.
    package struct Degradation: Equatable, Sendable {
        /// One of few words, such as `connections`.
        package let name: String
        /// In words, with the figures.
        package let reason: String

        package init(name: String, reason: String) {
            self.name = name
            self.reason = reason
        }
    }

    /// Where alerts are sent.
    package struct Destination: Equatable, Sendable {
        /// `webhook` or `alertmanager`.
        package let kind: String
        /// Without secrets: `webhook HOST:PORT`.
        package let name: String
        /// Whether it took the last alert that was sent to it; one that was not tried yet counts as up.
        package let isUp: Bool
        /// Notifications that wait for delivery.
        package let pending: Int

        package init(kind: String, name: String, isUp: Bool, pending: Int) {
            self.kind = kind
            self.name = name
            self.isUp = isUp
            self.pending = pending
        }
    }

    package enum Reload: Equatable, Sendable {
        case none
        case succeeded(wall: Double)
        /// The configuration before it is still in force.
        case failed(wall: Double, reason: String)
    }

    package var version: String
    /// Seconds since 1970.
    package var startedAt: Double
    /// `nil`, as are those after it, when it couldn't be read.
    package var cpuSeconds: Double?
    package var residentBytes: UInt64?
    package var virtualBytes: UInt64?
    package var openDescriptors: UInt64?
    /// `nil` as well when there is none.
    package var descriptorLimit: UInt64?
    package var store: Store
    package var lastReload: Reload
    /// Whether all processes can be read in full; else what is missing and the remedy.
    package var limitations: [String]
    package var degraded: [Degradation]
    /// Seconds between collections, as they are now.
    package var collectionInterval: Double
    /// Conditions that hold without an alert, since the quotas of alerts are used up.
    package var suppressedAlerts: Int
    package var destinations: [Destination]
    package var counters: AgentCounters

    package init(
        version: String, startedAt: Double, cpuSeconds: Double?, residentBytes: UInt64?, virtualBytes: UInt64?,
        openDescriptors: UInt64?, descriptorLimit: UInt64?, store: Store, lastReload: Reload,
        limitations: [String], degraded: [Degradation], collectionInterval: Double, suppressedAlerts: Int,
        destinations: [Destination] = [], counters: AgentCounters
    ) {
        self.version = version
        self.startedAt = startedAt
        self.cpuSeconds = cpuSeconds
        self.residentBytes = residentBytes
        self.virtualBytes = virtualBytes
        self.openDescriptors = openDescriptors
        self.descriptorLimit = descriptorLimit
        self.store = store
        self.lastReload = lastReload
        self.limitations = limitations
        self.degraded = degraded
        self.collectionInterval = collectionInterval
        self.suppressedAlerts = suppressedAlerts
        self.destinations = destinations
        self.counters = counters
    }
}

/// Totals since the agent's start.
package struct AgentCounters: Equatable, Sendable {
    package var collections: UInt64 = 0
    /// Collections that began later than their time, because the one before took too long or the machine stood still.
    package var lateCollections: UInt64 = 0
    /// CPU seconds of all collections.
    package var collectionCPUSeconds: Double = 0
    package var alertsFired: UInt64 = 0
    package var alertsResolved: UInt64 = 0
    /// By destination (`webhook`, `alertmanager`).
    package var deliveries: [String: UInt64] = [:]
    package var failedDeliveries: [String: UInt64] = [:]
    /// Lines of the alert file that could not be written.
    package var unwrittenAlertLines: UInt64 = 0
    package var storeErrors: UInt64 = 0
    package var storedReadings: UInt64 = 0
    /// Readings that were not stored because the store failed.
    package var unstoredReadings: UInt64 = 0

    package init() {}
}
