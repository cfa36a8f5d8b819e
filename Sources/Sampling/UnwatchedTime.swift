internal import SystemSupport

/// The CPU time of those threads of a process that are not polled, and whether it matters.
///
///     excess = CPU time of the process − last known CPU time of each of its threads
///
/// What has ended unseen is in the excess for ever. Beyond that it grows only when a thread runs that is not polled.
/// The clock of the process is read before the times of its threads, so that the excess is never too high. It is too low
/// by what a thread has run since it was put on its CPU, until the scheduler's next tick: 10 ms at most
/// (`CONFIG_HZ` is 100 or more).
struct UnwatchedTime {
    /// What may go unseen.
    enum Tolerance {
        case nothing
        /// So little that samples of it would be rare: half a percent of the process's CPU time, or a two-thousandth of
        /// a CPU.
        case little
    }

    /// The last 64 ticks, about, are what counts as lately.
    static let decay = 1 - 1.0 / 64
    /// Looks at all threads in the beginning, at the first of which nobody knows which threads run: while these are read,
    /// the clock goes on.
    private static let firstPolls = 8
    private static let tolerableShare = 0.005
    private static let tolerableLoad = 0.0005

    private let tolerance: Tolerance
    /// The highest excess that was seen, without what has been found out about since.
    private var knownExcess: Int64 = 0
    private var lastClock: Int64 = 0
    private var lastTime = MonotonicTime(nanoseconds: 0)
    private var polls = 0
    private var polledAll = true
    /// Nanoseconds, lately: of the unwatched threads, of the process, and of the clock on the wall.
    private var recentUnwatched = 0.0
    private var recentTotal = 0.0
    private(set) var recentTime = 0.0
    /// What the unwatched threads have run, in nanoseconds, around ticks at which they were not polled.
    private(set) var missed: UInt64 = 0

    init(tolerance: Tolerance) { self.tolerance = tolerance }

    /// Notes that a thread which was not polled before is found to have run so long since.
    mutating func find(_ nanoseconds: Int64) { knownExcess &-= nanoseconds }

    /// Whether all threads have to be polled, at this tick.
    ///
    /// - Parameters:
    ///   - clock: the CPU time of the process, read before the watched threads.
    ///   - threads: the last known CPU times of all its threads, those that have ended too.
    mutating func mustPollAll(clock: Int64, threads: Int64, at time: MonotonicTime) -> Bool {
        let excess = clock &- threads
        defer { (lastClock, lastTime) = (clock, time) }
        guard polls >= Self.firstPolls else { return true }
        let growth = max(0, excess &- knownExcess)
        knownExcess &+= growth
        recentUnwatched = recentUnwatched * Self.decay + Double(growth)
        recentTotal = recentTotal * Self.decay + Double(max(0, clock &- lastClock))
        recentTime = recentTime * Self.decay + Double(time.since(lastTime))
        let mustPoll = isTooMuch(growth)
        if !mustPoll || !polledAll { missed &+= UInt64(growth) }
        polledAll = mustPoll
        return mustPoll
    }

    private func isTooMuch(_ growth: Int64) -> Bool {
        switch tolerance {
        case .nothing: growth > 0
        case .little: recentUnwatched > max(recentTotal * Self.tolerableShare, recentTime * Self.tolerableLoad)
        }
    }

    /// Notes that all threads have been polled, with the same clock.
    mutating func finishPoll(clock: Int64, threads: Int64) {
        guard polls < Self.firstPolls else { return }
        knownExcess = polls < 2 ? clock &- threads : max(knownExcess, clock &- threads)
        polls += 1
    }
}
