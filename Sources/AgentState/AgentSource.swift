package import Alerting

/// What the agent's server shows: the state in memory, and what only the store has.
package protocol AgentSource: Sendable {
    /// A copy; `nil` before the first look at the host.
    var state: AgentState? { get }
    /// How busy the processors were between the last two looks; `nil` before the second one.
    var processorUse: ProcessorUse? { get }
    /// The readings of a group in the last `minutes`, oldest first; empty when none are kept.
    func memory(ofGroup group: String, minutes: Int) async throws -> [MemoryPoint]
    /// Newest first, at most `limit`.
    func resolvedAlerts(limit: Int) async throws -> [Alert]
    /// Clears what is aggregated in memory: windows, verdicts and counters since the start; the store keeps its data.
    func reset() async throws
}

/// The memory of a group at a moment, all its processes together, in bytes.
package struct MemoryPoint: Equatable, Sendable {
    /// Seconds since 1970.
    package var wall: Double
    package var resident: UInt64
    /// `nil` when it was not known then.
    package var anonymous: UInt64?

    package init(wall: Double, resident: UInt64, anonymous: UInt64?) {
        self.wall = wall
        self.resident = resident
        self.anonymous = anonymous
    }
}
