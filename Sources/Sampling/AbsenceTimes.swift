internal import ProfileModel
internal import SystemSupport

/// How long threads are away from their CPUs, and with which stacks they left.
///
/// The kernel reports each leaving and coming back, and copies the stack at each so many-th leaving: the times are exact,
/// and their distribution over the stacks is an estimate.
struct AbsenceTimes {
    /// A thread that has left its CPU.
    private struct Absence {
        let start: MonotonicTime
        /// `nil` when it was not copied.
        var snapshot: StackSnapshot?
        /// How many absences the snapshot stands for.
        var period: UInt64 = 1
        var wasPreempted = false
    }

    /// An absence that is over, with its stack.
    struct Ended {
        let snapshot: StackSnapshot
        let start: MonotonicTime
        /// Its length times the number of absences that it stands for, in nanoseconds.
        let weight: UInt64
    }

    /// The time that a thread was away, and what its copied stacks weigh, in nanoseconds.
    struct Total {
        var away: UInt64 = 0
        var weight: UInt64 = 0

        /// What to multiply weights by, for their sum to be the time; `nil` when no stack was copied.
        var scale: Double? { weight == 0 ? nil : Double(away) / Double(weight) }
    }

    private var absences: [ThreadID: Absence] = [:]
    private(set) var totals: [ThreadID: Total] = [:]
    /// Of threads that have ended without a copied stack.
    private(set) var unseenNanoseconds: UInt64 = 0
    private(set) var blockedNanoseconds: UInt64 = 0
    private(set) var preemptedNanoseconds: UInt64 = 0

    /// The thread leaves its CPU with that stack.
    mutating func leave(_ snapshot: StackSnapshot, at time: MonotonicTime, period: UInt64) {
        absences[snapshot.thread] = Absence(start: time, snapshot: snapshot, period: period)
    }

    /// The thread leaves its CPU, and its stack may have been handed in just before.
    mutating func leave(_ thread: ThreadID, at time: MonotonicTime, wasPreempted: Bool) {
        // A sample comes from the same switch, moments earlier.
        if let known = absences[thread], time.since(known.start) < Self.switchTime {
            absences[thread]?.wasPreempted = wasPreempted
        } else {
            absences[thread] = Absence(start: time, wasPreempted: wasPreempted)
        }
    }

    private static let switchTime: UInt64 = 100_000

    /// The thread was found asleep, with that stack if it could be read.
    mutating func find(_ thread: ThreadID, _ snapshot: StackSnapshot?, at time: MonotonicTime) {
        // What the kernel has reported is older and right.
        if absences[thread] == nil { absences[thread] = Absence(start: time, snapshot: snapshot) }
    }

    /// The thread is back.
    mutating func end(of thread: ThreadID, at time: MonotonicTime) -> Ended? {
        guard let absence = absences.removeValue(forKey: thread) else { return nil }
        return end(absence, of: thread, at: time)
    }

    /// Nobody waits for a thread that has ended.
    mutating func forget(_ thread: ThreadID) {
        absences[thread] = nil
        guard let total = totals[thread], total.weight == 0 else { return }
        unseenNanoseconds &+= total.away
        totals[thread] = nil
    }

    /// Drops the absences that have not ended: who came back unseen would seem to be away for too long.
    mutating func forgetOpenOnes() { absences = [:] }

    /// Ends all absences.
    mutating func endAll(at time: MonotonicTime) -> [Ended] {
        defer { absences = [:] }
        return absences.compactMap { thread, absence in end(absence, of: thread, at: time) }
    }

    private mutating func end(_ absence: Absence, of thread: ThreadID, at time: MonotonicTime) -> Ended? {
        let length = time.since(absence.start)
        if absence.wasPreempted { preemptedNanoseconds &+= length } else { blockedNanoseconds &+= length }
        let (product, overflow) = length.multipliedReportingOverflow(by: absence.period)
        let weight = overflow ? .max : product
        totals[thread, default: Total()].away &+= length
        guard let snapshot = absence.snapshot else { return nil }
        totals[thread, default: Total()].weight &+= weight
        return Ended(snapshot: snapshot, start: absence.start, weight: weight)
    }
}
