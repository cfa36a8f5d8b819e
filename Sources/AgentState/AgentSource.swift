package import Alerting

/// What the agent's server shows: the state in memory, and what only the store has.
package protocol AgentSource: Sendable {
    /// A copy; `nil` before the first collection.
    var state: AgentState? { get }
    /// How busy the processors were between the last two collections; `nil` before the second one.
    var processorUse: ProcessorUse? { get }
    /// Grows with each new `state`, whose `processorUse` belongs to it.
    var revision: UInt64 { get }
    /// By the monotonic clock; `nil` before the first collection.
    var secondsSinceCollection: Double? { get }
    /// The memory of a group in the last `minutes`, also of one that no longer exists; empty when nothing is kept.
    ///
    /// Throws when nothing can be read and nothing is in memory either.
    func memory(ofGroup group: String, minutes: Int) async throws -> MemoryHistory
    /// At most `limit`. Throws when nothing can be read and nothing is in memory either.
    func resolvedAlerts(limit: Int) async throws -> AlertHistory
    /// Clears what is aggregated in memory: windows, verdicts and counters since the start.
    ///
    /// The store keeps its data. Until the shortest window has passed again, no leak alert ends by a verdict.
    func reset() async throws
}

/// Alerts that are over.
package struct AlertHistory: Equatable, Sendable {
    /// Those that were resolved last first.
    package var alerts: [Alert]
    /// How many there are, of which these are the latest; `nil` when that isn't known.
    package var total: Int?
    /// Why only those in memory are here; `nil` when all were read that are kept.
    package var storeFailure: String?

    package init(alerts: [Alert], total: Int?, storeFailure: String? = nil) {
        self.alerts = alerts
        self.total = total
        self.storeFailure = storeFailure
    }
}
