internal import ProfileModel
internal import SystemSupport

/// How long threads are away from their CPUs, and with which stacks they left.
///
/// The kernel reports each leaving and coming back, and copies the stack at each so many-th leaving: the times are exact,
/// and their distribution over the stacks is an estimate.
struct OffCPUIntervals {
    /// A thread that has left its CPU.
    private struct Interval {
        let start: MonotonicTime
        /// `nil` when it was not copied.
        var snapshot: StackSnapshot?
        /// How many offCPUIntervals the snapshot stands for.
        var period: UInt64 = 1
        var wasPreempted = false
    }

    /// An off-CPU interval that is over, with its stack.
    struct Ended {
        let snapshot: StackSnapshot
        let start: MonotonicTime
        /// Its length times the number of offCPUIntervals that it stands for, in nanoseconds.
        let weight: UInt64
    }

    /// The time that a thread was away, and what its copied stacks weigh, in nanoseconds.
    struct Total {
        var away: UInt64 = 0
        var weight: UInt64 = 0

        /// What to multiply weights by, for their sum to be the time; `nil` when no stack was copied.
        var scale: Double? { weight == 0 ? nil : Double(away) / Double(weight) }
    }

    private var offCPUIntervals: [ThreadID: Interval] = [:]
    private(set) var totals: [ThreadID: Total] = [:]
    /// Of threads that have ended without a copied stack.
    private(set) var unseenNanoseconds: UInt64 = 0
    private(set) var blockedNanoseconds: UInt64 = 0
    private(set) var preemptedNanoseconds: UInt64 = 0

    /// The thread leaves its CPU with that stack.
    mutating func leave(_ snapshot: StackSnapshot, at time: MonotonicTime, period: UInt64) {
        offCPUIntervals[snapshot.thread] = Interval(start: time, snapshot: snapshot, period: period)
    }

    /// The thread leaves its CPU, and its stack may have been handed in just before.
    mutating func leave(_ thread: ThreadID, at time: MonotonicTime, wasPreempted: Bool) {
        // A sample comes from the same switch, a little earlier.
        if let known = offCPUIntervals[thread], time.since(known.start) < Self.switchTime {
            offCPUIntervals[thread]?.wasPreempted = wasPreempted
        } else {
            offCPUIntervals[thread] = Interval(start: time, wasPreempted: wasPreempted)
        }
    }

    private static let switchTime: UInt64 = 100_000

    /// The thread was found asleep, with that stack if it could be read.
    mutating func find(_ thread: ThreadID, _ snapshot: StackSnapshot?, at time: MonotonicTime) {
        // What the kernel has reported is older and right.
        if offCPUIntervals[thread] == nil { offCPUIntervals[thread] = Interval(start: time, snapshot: snapshot) }
    }

    /// The thread is back.
    mutating func end(of thread: ThreadID, at time: MonotonicTime) -> Ended? {
        guard let interval = offCPUIntervals.removeValue(forKey: thread) else { return nil }
        return end(interval, of: thread, at: time)
    }

    /// Nobody waits for a thread that has ended.
    mutating func discard(_ thread: ThreadID) {
        offCPUIntervals[thread] = nil
        guard let total = totals[thread], total.weight == 0 else { return }
        unseenNanoseconds &+= total.away
        totals[thread] = nil
    }

    /// Drops the offCPUIntervals that have not ended: who came back unseen would seem to be away for too long.
    mutating func discardOpenOnes() { offCPUIntervals = [:] }

    /// Ends all offCPUIntervals.
    mutating func endAll(at time: MonotonicTime) -> [Ended] {
        defer { offCPUIntervals = [:] }
        return offCPUIntervals.compactMap { thread, interval in end(interval, of: thread, at: time) }
    }

    private mutating func end(_ interval: Interval, of thread: ThreadID, at time: MonotonicTime) -> Ended? {
        let length = time.since(interval.start)
        if interval.wasPreempted { preemptedNanoseconds &+= length } else { blockedNanoseconds &+= length }
        let (product, overflow) = length.multipliedReportingOverflow(by: interval.period)
        let weight = overflow ? .max : product
        totals[thread, default: Total()].away &+= length
        guard let snapshot = interval.snapshot else { return nil }
        totals[thread, default: Total()].weight &+= weight
        return Ended(snapshot: snapshot, start: interval.start, weight: weight)
    }
}
