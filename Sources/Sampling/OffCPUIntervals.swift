internal import ProfileModel
internal import SystemSupport

/// How long threads are away from their CPUs, and with which stacks they left.
///
/// The kernel reports each leaving and coming back, and copies the stack at each so many-th leaving: the times are exact,
/// and their distribution over the stacks is an estimate. Each sample carries the time that its thread was away since the
/// sample before, so that a count of samples shows what their weights have to add up to.
struct OffCPUIntervals {
    /// A thread that has left its CPU.
    private struct Interval {
        let start: MonotonicTime
        /// `nil` when it was not copied.
        var snapshot: StackSnapshot?
        /// How many intervals the snapshot stands for.
        var period: UInt64 = 1
        var wasPreempted = false
    }

    /// An off-CPU interval that is over, with its stack.
    struct Ended {
        let snapshot: StackSnapshot
        let start: MonotonicTime
        /// Its length times the number of intervals that it stands for, in nanoseconds.
        let weight: UInt64
        /// How long the thread was away in this interval and in those since the last one with a stack, in nanoseconds.
        let away: UInt64
    }

    /// The time that a thread was away, and what its copied stacks weigh, in nanoseconds.
    struct Total: Sendable {
        var away: UInt64 = 0
        var weight: UInt64 = 0

        /// What to multiply weights by, for their sum to be the time; `nil` when no stack was copied.
        var scale: Double? { weight == 0 ? nil : Double(away) / Double(weight) }
    }

    private var intervals: [ThreadID: Interval] = [:]
    /// How long threads were away since their last interval with a stack, in nanoseconds.
    private var withoutStack: [ThreadID: UInt64] = [:]
    private var times = Tally<SampleLedger.Time>()

    /// How many threads something is known of.
    var threadCount: Int { Set(intervals.keys).union(withoutStack.keys).count }

    /// Gives out the blocked and preempted time since the last call.
    mutating func takeTimes() -> Tally<SampleLedger.Time> {
        defer { times = Tally() }
        return times
    }

    /// The thread leaves its CPU with that stack.
    mutating func leave(_ snapshot: StackSnapshot, at time: MonotonicTime, period: UInt64) {
        intervals[snapshot.thread] = Interval(start: time, snapshot: snapshot, period: period)
    }

    /// The thread leaves its CPU, and its stack may have been handed in just before.
    mutating func leave(_ thread: ThreadID, at time: MonotonicTime, wasPreempted: Bool) {
        // A sample comes from the same switch, a little earlier.
        if let known = intervals[thread], time.since(known.start) < Self.switchTime {
            intervals[thread]?.wasPreempted = wasPreempted
        } else {
            intervals[thread] = Interval(start: time, wasPreempted: wasPreempted)
        }
    }

    private static let switchTime: UInt64 = 100_000

    /// The thread was found asleep, with that stack if it could be read.
    mutating func find(_ thread: ThreadID, _ snapshot: StackSnapshot?, at time: MonotonicTime) {
        // What the kernel has reported is older and right.
        if intervals[thread] == nil { intervals[thread] = Interval(start: time, snapshot: snapshot) }
    }

    /// The thread is back.
    mutating func end(of thread: ThreadID, at time: MonotonicTime) -> Ended? {
        guard let interval = intervals.removeValue(forKey: thread) else { return nil }
        return end(interval, of: thread, at: time)
    }

    /// Nobody waits for a thread that has ended; returns the time that no stack of it carries.
    mutating func evict(_ thread: ThreadID) -> UInt64? {
        intervals[thread] = nil
        return withoutStack.removeValue(forKey: thread)
    }

    /// Drops the intervals that have not ended: who came back unseen would seem to be away for too long.
    mutating func discardOpenOnes() { intervals = [:] }

    /// Ends all intervals.
    mutating func endAll(at time: MonotonicTime) -> [Ended] {
        let open = intervals
        intervals = [:]
        return open.compactMap { thread, interval in end(interval, of: thread, at: time) }
    }

    /// Gives out, by thread, the times that no stack carries.
    mutating func takeTimesWithoutStack() -> [ThreadID: UInt64] {
        defer { withoutStack = [:] }
        return withoutStack
    }

    private mutating func end(_ interval: Interval, of thread: ThreadID, at time: MonotonicTime) -> Ended? {
        let length = time.since(interval.start)
        times.note(interval.wasPreempted ? .preempted : .blocked, length)
        guard let snapshot = interval.snapshot else {
            withoutStack[thread, default: 0] &+= length
            return nil
        }
        let (product, overflow) = length.multipliedReportingOverflow(by: interval.period)
        return Ended(
            snapshot: snapshot, start: interval.start, weight: overflow ? .max : product,
            away: length &+ (withoutStack.removeValue(forKey: thread) ?? 0))
    }
}
