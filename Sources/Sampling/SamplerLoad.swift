internal import Glibc

/// Watches how much of the time the calling thread works.
struct SamplerLoad {
    /// The share of the time above which a thread is too busy to come before all others.
    private static let highestShare = 0.2
    private static let window: UInt64 = 100_000_000

    private var start = MonotonicTime.now
    private var workAtStart = SamplerLoad.work

    /// Whether the share was too high in the last tenth of a second.
    mutating func isTooHigh(at now: MonotonicTime) -> Bool {
        let elapsed = now.since(start)
        guard elapsed >= Self.window else { return false }
        let work = Self.work
        defer { (start, workAtStart) = (now, work) }
        return Double(work - workAtStart) > Double(elapsed) * Self.highestShare
    }

    /// The CPU time that the calling thread has used, in nanoseconds.
    private static var work: UInt64 {
        var time = timespec()
        // Safe: the call fills the structure, and the clock always exists.
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
