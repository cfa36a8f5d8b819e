import AgentState
import HostWatch
import MemoryTrends

/// `/api/v1/groups/{group}/memory`: the memory of a group over time, and whether it leaks.
struct GroupMemoryBody: Encodable, Sendable {
    struct Point: Encodable, Sendable {
        /// Seconds since 1970.
        let timestamp: Double
        let residentBytes: UInt64
        @Nullable var anonymousBytes: UInt64?
    }

    let group: String
    let timestamp: Double
    let minutes: Int
    /// Resident memory now, and over the readings of these minutes, of which there may be none.
    let currentBytes: UInt64
    @Nullable var averageBytes: Double?
    @Nullable var minimumBytes: UInt64?
    @Nullable var maximumBytes: UInt64?
    /// Now, of the host's memory.
    @Nullable var percent: Double?
    /// Now, of the process that is closest to its limit.
    @Nullable var limitPercent: Double?
    /// Of the process with the worst verdict; `null` while none is judged.
    @Nullable var verdict: String?
    @Nullable var slopeBytesPerSecond: Double?
    @Nullable var evidence: String?
    /// Those with a verdict above `none`.
    let leaks: [LeakingProcessBody]
    /// How many readings there are; more than `Self.maximumPoints` are thinned out evenly.
    let pointsTotal: Int
    let points: [Point]

    static let maximumPoints = 1000

    init(_ group: GroupMeasurement, in state: AgentState, series: [MemoryPoint], minutes: Int) {
        self.group = group.name
        timestamp = state.snapshot.time.wall
        self.minutes = minutes
        currentBytes = group.resident
        let resident = series.map(\.resident)
        averageBytes = resident.isEmpty ? nil : resident.reduce(0) { $0 + Double($1) } / Double(resident.count)
        minimumBytes = resident.min()
        maximumBytes = resident.max()
        percent = Share.percent(Double(group.resident), of: state.snapshot.host.memory.total)
        limitPercent = finite(group.highestLimitShare * 100)
        let worst = Self.worstVerdict(of: group.name, in: state)
        verdict = worst?.level.rawValue
        slopeBytesPerSecond = finite(worst?.slope)
        evidence = worst?.evidence
        leaks = LeakingProcessBody.all(in: state, limit: .max).filter { $0.group == group.name }
        pointsTotal = series.count
        points = Self.thinned(series).map {
            Point(timestamp: $0.wall, residentBytes: $0.resident, anonymousBytes: $0.anonymous)
        }
    }

    private static func worstVerdict(of group: String, in state: AgentState) -> LeakVerdict? {
        state.snapshot.processes.lazy.filter { $0.group == group }
            .compactMap { state.verdicts[$0.identity] }
            .max { ($0.level, $0.slope) < ($1.level, $1.slope) }
    }

    /// Evenly many readings between the ones kept, the last one always among them.
    private static func thinned(_ series: [MemoryPoint]) -> [MemoryPoint] {
        let step = (series.count + maximumPoints - 1) / maximumPoints
        guard step > 1 else { return series }
        return stride(from: (series.count - 1) % step, to: series.count, by: step).map { series[$0] }
    }
}
