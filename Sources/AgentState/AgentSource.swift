/// What the agent's server shows: the state in memory, and what only the store has.
package protocol AgentSource: Sendable {
    /// A copy; `nil` before the first look at the host.
    var state: AgentState? { get }
    /// How busy the processors were between the last two looks; `nil` before the second one.
    var processorUse: ProcessorUse? { get }
    /// Grows with each new `state`, whose `processorUse` belongs to it.
    var revision: UInt64 { get }
    /// By the monotonic clock; `nil` before the first look at the host.
    var secondsSinceLook: Double? { get }
    /// The memory of a group in the last `minutes`, also of one that is gone; empty when nothing is kept.
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
