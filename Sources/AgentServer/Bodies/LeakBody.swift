import AgentState
import HostWatch
import MemoryTrends
import ProfileModel

/// The leak verdict on a process.
struct LeakBody: Encodable, Sendable {
    /// `none`, `warning`, `suspected` or `confirmed`.
    let verdict: String
    let windowSeconds: Double
    @Nullable var slopeBytesPerSecond: Double?
    @Nullable var slopeLow: Double?
    @Nullable var slopeHigh: Double?
    /// Over the window.
    @Nullable var floorGrowthBytes: Double?
    let currentBytes: UInt64
    @Nullable var limitBytes: UInt64?
    /// `null` when there is no limit, or no growth.
    @Nullable var secondsToLimit: Double?
    let evidence: String

    init(_ verdict: LeakVerdict) {
        self.verdict = verdict.level.rawValue
        windowSeconds = verdict.window
        slopeBytesPerSecond = finite(verdict.slope)
        slopeLow = finite(verdict.slopeInterval.lowerBound)
        slopeHigh = finite(verdict.slopeInterval.upperBound)
        floorGrowthBytes = finite(verdict.floorGrowth)
        currentBytes = verdict.currentBytes
        limitBytes = verdict.limitBytes
        secondsToLimit = finite(verdict.secondsToLimit)
        evidence = verdict.evidence
    }
}

/// A process whose memory grows suspiciously, and the verdict.
struct LeakingProcessBody: Encodable, Sendable {
    let pid: Int32
    let startTicks: UInt64
    let group: String
    let command: String
    let leak: LeakBody

    /// Those above `none`, the worst first.
    static func all(in state: AgentState, limit: Int) -> [LeakingProcessBody] {
        let judged = state.snapshot.processes.compactMap { process in
            state.verdicts[process.identity].flatMap { $0.level > .none ? (process, $0) : nil }
        }
        let worstFirst = judged.sorted { ($0.1.level, $0.1.slope) > ($1.1.level, $1.1.slope) }
        return worstFirst.prefix(limit).map { process, verdict in
            LeakingProcessBody(
                pid: process.identity.process.rawValue, startTicks: process.identity.startTicks, group: process.group,
                command: process.command, leak: LeakBody(verdict))
        }
    }
}
