import HostWatch
import MemoryTrends
import ProfileModel

/// The verdicts at the end of a watch, as JSON; what is not known is `null`.
struct WatchReport: Encodable {
    let pid: Int32
    let name: String
    let ended: Bool
    @Nullable var residentBytes: UInt64?
    @Nullable var anonymousBytes: UInt64?
    @Nullable var swapBytes: UInt64?
    @Nullable var limitBytes: UInt64?
    @Nullable var limitSource: String?
    /// What is left below the limit for all processes that it applies to.
    @Nullable var headroomBytes: UInt64?
    let verdict: String
    let windowSeconds: Double
    let slopeBytesPerSecond: Double
    let slopeLow: Double
    let slopeHigh: Double
    let floorGrowthBytes: Double
    @Nullable var secondsToLimit: Double?
    let evidence: String

    init(_ process: WatchedProcess) {
        let found = process.verdict
        pid = process.process.rawValue
        name = process.name
        ended = process.hasEnded
        residentBytes = process.latest?.resident
        anonymousBytes = process.latest?.anonymous
        swapBytes = process.latest?.swap
        limitBytes = process.limit?.bytes
        limitSource = process.limit?.source.rawValue
        headroomBytes = if case .shared(let bytes) = process.room { bytes } else { nil }
        verdict = found.level.rawValue
        windowSeconds = found.window
        slopeBytesPerSecond = found.slope
        slopeLow = found.slopeInterval.lowerBound
        slopeHigh = found.slopeInterval.upperBound
        floorGrowthBytes = found.floorGrowth
        secondsToLimit = found.secondsToLimit
        evidence = found.evidence
    }
}
