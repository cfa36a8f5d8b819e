internal import SystemSupport
internal import TargetProcess

/// Watches how much of the time the calling thread works.
struct SamplerLoad {
    /// The share of the time above which a thread is too busy to come before all others.
    private static let highestShare = 0.2
    private static let window: UInt64 = 100_000_000

    private var start = MonotonicTime.now
    private var workAtStart = ProcessorTime.ofThisThread

    /// Whether the share was too high in the last tenth of a second.
    mutating func isTooHigh(at now: MonotonicTime) -> Bool {
        let elapsed = now.since(start)
        guard elapsed >= Self.window else { return false }
        let work = ProcessorTime.ofThisThread
        defer { (start, workAtStart) = (now, work) }
        return Double(work - workAtStart) > Double(elapsed) * Self.highestShare
    }
}
