import AgentState
import HostWatch
import MemoryTrends

/// `/api/v1/groups/{group}/memory`: the memory of a group over time, and whether it leaks.
struct GroupMemoryBody: Encodable, Sendable {
    struct Point: Encodable, Sendable {
        /// Seconds since 1970.
        let timestamp: Double
        /// 0 for one reading.
        let spanSeconds: Double
        /// Readings that it sums up.
        let readings: Int
        /// At the last of them, and the most at any.
        let residentBytes: UInt64
        let residentMaximumBytes: UInt64
        /// Anonymous memory and swap together: at the last of them, and over all.
        let anonymousBytes: UInt64
        let anonymousMinimumBytes: UInt64
        let anonymousMaximumBytes: UInt64
        let anonymousAverageBytes: UInt64
    }

    let group: String
    let timestamp: Double
    let minutes: Int
    /// Resident memory now, `null` while a process can't be read, and over the readings of these minutes, of which there
    /// may be none.
    ///
    /// What is of now is `null` for a group that isn't watched any more, too. Average and minimum are `null` as well where
    /// readings are summed up: only the most and the last of them are kept.
    @Nullable var currentBytes: UInt64?
    @Nullable var averageBytes: Double?
    @Nullable var minimumBytes: UInt64?
    @Nullable var maximumBytes: UInt64?
    /// Anonymous memory and swap together.
    @Nullable var anonymousCurrentBytes: UInt64?
    @Nullable var anonymousAverageBytes: Double?
    @Nullable var anonymousMinimumBytes: UInt64?
    @Nullable var anonymousMaximumBytes: UInt64?
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
    /// When the oldest point begins, in seconds since 1970; `null` when there is none.
    @Nullable var from: Double?
    /// Whether older points of these minutes are left out, of the figures too, since they are too many or can't be read.
    let truncated: Bool
    /// Why only what is in memory is here; `null` when the store could be read.
    @Nullable var storeFailure: String?
    /// How many points there are; more than `Self.maximumPoints` are thinned out evenly.
    let pointsTotal: Int
    let points: [Point]

    static let maximumPoints = 1000

    /// - Parameter measured: the group as it is now; `nil` for one that isn't watched any more.
    init(
        of group: String, _ measured: GroupMeasurement?, in state: AgentState, series: MemoryHistory, minutes: Int
    ) {
        self.group = group
        timestamp = state.snapshot.time.wall
        self.minutes = minutes
        currentBytes = measured?.resident.value
        averageBytes = series.residentAverage
        minimumBytes = series.residentMinimum
        maximumBytes = series.residentMaximum
        anonymousCurrentBytes = measured.flatMap { group in
            group.swap.flatMap { swap in group.anonymous.map { $0 &+ swap } }.value
        }
        anonymousAverageBytes = series.average
        anonymousMinimumBytes = series.minimum
        anonymousMaximumBytes = series.maximum
        percent = measured?.resident.value.flatMap {
            Share.percent(Double($0), of: state.snapshot.host.memory.value?.total ?? 0)
        }
        limitPercent = finite(measured?.knownLimitShare.map { $0 * 100 })
        let worst = Self.worstVerdict(of: group, in: state)
        verdict = worst?.level.rawValue
        slopeBytesPerSecond = finite(worst?.slope)
        evidence = worst?.evidence
        leaks = LeakingProcessBody.all(in: state, limit: .max).filter { $0.group == group }
        from = series.points.first?.wall
        truncated = series.isTruncated
        storeFailure = series.storeFailure
        pointsTotal = series.points.count
        points = Self.thinned(series.points).map(Point.init)
    }

    private static func worstVerdict(of group: String, in state: AgentState) -> LeakVerdict? {
        state.snapshot.processes.lazy.filter { $0.group == group }
            .compactMap { state.verdicts[$0.identity] }
            .max { ($0.level, $0.slope) < ($1.level, $1.slope) }
    }

    /// Evenly many points between the ones kept, the last one always among them.
    private static func thinned(_ series: [MemoryPoint]) -> [MemoryPoint] {
        let step = (series.count + maximumPoints - 1) / maximumPoints
        guard step > 1 else { return series }
        return stride(from: (series.count - 1) % step, to: series.count, by: step).map { series[$0] }
    }
}

extension GroupMemoryBody.Point {
    fileprivate init(_ point: MemoryPoint) {
        timestamp = point.wall
        spanSeconds = point.span
        readings = point.count
        residentBytes = point.resident
        residentMaximumBytes = point.residentMaximum
        anonymousBytes = point.last
        anonymousMinimumBytes = point.minimum
        anonymousMaximumBytes = point.maximum
        anonymousAverageBytes = point.average
    }
}
