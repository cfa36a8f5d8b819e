internal import SystemSupport

/// In how many ticks each thread is polled once, so that reading sleeping threads stays within a share of the CPU time of
/// a host whose CPUs are all taken.
struct PollBudget {
    /// Of all CPUs' time, 0 to 1; unwinding what is read costs about three times as much again.
    private static let share = 0.002
    private static let window: UInt64 = 200_000_000

    /// What was done up to a time.
    struct Work {
        /// CPU time, in nanoseconds.
        let nanoseconds: UInt64
        let polls: Int
        let ticks: Int
    }

    /// What a poll takes before it is known, in nanoseconds.
    private static let usualPoll = 20_000.0

    private let processors: Int
    /// Each thread is polled once a second at least.
    private let longestStride: Int
    private var start: MonotonicTime
    private var before: Work
    /// `nil` while threads are polled as what they do demands.
    private(set) var stride: Int?

    /// - Parameters:
    ///   - rate: ticks a second.
    ///   - threads: how many there are to poll, if the host's CPUs are known to be all taken.
    init(processors: Int, rate: Int, from start: MonotonicTime, with work: Work, threadsOnFullHost threads: Int? = nil)
    {
        (self.processors, longestStride, self.start, before) = (processors, max(1, rate), start, work)
        guard let threads else { return }
        let allowed = Self.share * Double(processors) * 1e9 / Double(longestStride)
        let fitting = stride(for: threads, pollsAllowed: allowed / Self.usualPoll)
        stride = fitting > 1 ? Int(fitting) : nil
    }

    private func stride(for threads: Int, pollsAllowed: Double) -> Double {
        min((Double(threads) / max(1, pollsAllowed)).rounded(.up), Double(longestStride))
    }

    /// Whether a window is over.
    func isDue(at now: MonotonicTime) -> Bool { now.since(start) >= Self.window }

    /// Ends a window, and chooses the stride for the next.
    ///
    /// - Parameter threads: how many there are to poll.
    mutating func adapt(to work: Work, threads: Int, isHostFull: Bool, at now: MonotonicTime) {
        let spent = Double(work.nanoseconds &- before.nanoseconds)
        let (polls, ticks) = (work.polls - before.polls, work.ticks - before.ticks)
        let allowed = Self.share * Double(now.since(start)) * Double(processors)
        (start, before) = (now, work)
        guard isHostFull, stride != nil || spent > allowed else {
            stride = nil
            return
        }
        guard polls > 0, ticks > 0 else { return }
        let pollsAllowed = allowed * Double(polls) / max(1, spent) / Double(ticks)
        let fitting = stride(for: threads, pollsAllowed: pollsAllowed)
        // One that is enough stays: the cost of a poll varies.
        if let stride, Double(stride) * 0.5 < fitting, fitting <= Double(stride) { return }
        stride = max(1, Int(fitting))
    }
}
