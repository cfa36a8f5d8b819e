internal import PerfEvents
internal import ProfileModel

/// How long threads are away from their CPUs, and with which stacks they left.
struct AbsenceTimes {
    /// A thread that has left its CPU.
    private struct Absence {
        let snapshot: StackSnapshot
        let start: MonotonicTime
        /// How many absences it stands for.
        let period: UInt64
        var wasPreempted = false
    }

    /// An absence that is over.
    struct Ended {
        let snapshot: StackSnapshot
        let start: MonotonicTime
        /// Its length times the number of absences that it stands for.
        let nanoseconds: UInt64
        let wasPreempted: Bool
    }

    private var absences: [ThreadID: Absence] = [:]

    /// The thread leaves its CPU with that stack.
    mutating func leave(_ snapshot: StackSnapshot, at time: MonotonicTime, period: UInt64) {
        absences[snapshot.thread] = Absence(snapshot: snapshot, start: time, period: period)
    }

    /// The thread that has just left would have gone on.
    mutating func notePreemption(of thread: ThreadID) { absences[thread]?.wasPreempted = true }

    /// The thread is back, or has ended; `nil` when its stack was not copied as it left.
    mutating func end(of thread: ThreadID, at time: MonotonicTime) -> Ended? {
        guard let absence = absences.removeValue(forKey: thread) else { return nil }
        return Self.ended(absence, at: time)
    }

    /// Ends all absences.
    mutating func endAll(at time: MonotonicTime) -> [Ended] {
        defer { absences = [:] }
        return absences.values.map { Self.ended($0, at: time) }
    }

    private static func ended(_ absence: Absence, at time: MonotonicTime) -> Ended {
        let (total, overflow) = time.since(absence.start).multipliedReportingOverflow(by: absence.period)
        return Ended(
            snapshot: absence.snapshot, start: absence.start, nanoseconds: overflow ? .max : total,
            wasPreempted: absence.wasPreempted)
    }
}
