import HostWatch
import MemoryTrends
import ProfileModel
import SystemSupport

/// The verdict on one process at the end of a watch, as JSON; what is not known is `null`.
struct WatchReport: Encodable {
    let ended: Bool
    @Nullable var residentBytes: UInt64?
    @Nullable var anonymousBytes: UInt64?
    @Nullable var swapBytes: UInt64?
    @Nullable var limitBytes: UInt64?
    @Nullable var limitSource: String?
    /// What is left below the limit for all processes that it applies to.
    @Nullable var headroomBytes: UInt64?
    let verdict: String
    let findings: [String]
    @Nullable var windowSeconds: Double?
    /// Between the first reading and the latest.
    @Nullable var observedSeconds: Double?
    @Nullable var slopeBytesPerSecond: Double?
    @Nullable var slopeLowBytesPerSecond: Double?
    @Nullable var slopeHighBytesPerSecond: Double?
    @Nullable var floorGrowthBytes: Double?
    @Nullable var secondsToLimit: Double?
    let evidence: String

    init(_ process: WatchedProcess) {
        let found = process.verdict
        ended = process.hasEnded
        residentBytes = process.latest?.resident
        anonymousBytes = process.latest?.anonymous
        swapBytes = process.latest?.swap
        limitBytes = process.limit?.bytes
        limitSource = process.limit?.source.rawValue
        headroomBytes = if case .shared(let bytes) = process.room { bytes } else { nil }
        verdict = found.label
        findings = found.findings.map(\.rawValue)
        windowSeconds = found.known(\.window)
        observedSeconds = process.observedSeconds
        slopeBytesPerSecond = found.known(\.slope)
        slopeLowBytesPerSecond = found.known(\.slopeInterval.lowerBound)
        slopeHighBytesPerSecond = found.known(\.slopeInterval.upperBound)
        floorGrowthBytes = found.known(\.floorGrowth)
        secondsToLimit = found.secondsToLimit
        evidence = found.evidence
    }
}

extension WatchedProcess {
    var document: JSONDocument<WatchReport> {
        JSONDocument(.watch, about: described, start: start, WatchReport(self))
    }
}
