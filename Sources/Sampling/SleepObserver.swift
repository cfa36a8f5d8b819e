internal import ProfileModel
internal import SystemSupport
internal import TargetProcess

/// Ensures that a thread which sleeps is counted at every tick, also at those at which it was not polled.
///
/// Belongs to the sampler's thread.
final class SleepObserver {
    /// A thread, and how it is named in events.
    struct Subject {
        let context: ProcessContext
        let entry: ThreadTracker.Entry
        let thread: ThreadIdentity
    }

    private var reader: SleepingStackReader
    private var ledger = SampleLedger()
    private let events: SampleEventList
    private let period: UInt64

    /// - Parameters:
    ///   - events: where samples are appended.
    ///   - period: of the ticks, in nanoseconds.
    init(copier: StackCopier, events: SampleEventList, period: UInt64) {
        reader = SleepingStackReader(copier: copier)
        self.events = events
        self.period = period
    }

    /// Gives out what was counted since the last call.
    func takeLedger() -> SampleLedger { ledger.take() }

    /// Counts a thread that is asleep now.
    ///
    /// - Parameter timeslices: what distinguishes this sleep from others, where the kernel counts them.
    func observe(_ subject: Subject, timeslices: UInt64?, unseen: ThreadTracker.UnseenTicks) {
        var unseen = unseen
        if let timeslices, let read = subject.entry.readSleep, read.timeslices == timeslices {
            guard subject.entry.mustReadAgain else {
                repeatLast(subject, read.takenAt, count: unseen.count + 1)
                return
            }
            if unseen.count > 0 { repeatLast(subject, read.takenAt, count: unseen.count, ticksAgo: 1) }
            unseen = ThreadTracker.UnseenTicks(count: 0, certain: 0)
        } else if !unseen.areRepresented {
            account(for: unseen, of: subject, loss: .moved, ticksAgo: 1)
        }
        // Before the stack is read: for a copy plan that is added after this time, it is read again.
        let time = MonotonicTime.now
        do {
            let snapshot = try reader.snapshot(of: subject.entry, in: subject.context, timeslices: timeslices)
            note(subject.entry.completedSleep?.completed(snapshot) ?? snapshot, at: time, subject, timeslices, unseen)
        } catch {
            subject.entry.readSleep = nil
            ledger.lose(SampleLedger.Loss(error), count: unseen.areRepresented ? unseen.count + 1 : 1)
        }
    }

    /// Counts a thread that runs now, or waits for a CPU.
    func observeRunning(_ subject: Subject, unseen: ThreadTracker.UnseenTicks) {
        // Events count what ran in the ticks that this one represents.
        if !unseen.areRepresented { account(for: unseen, of: subject, loss: .moved, ticksAgo: 1) }
        subject.entry.readSleep = nil
    }

    /// A sleep that is to be interrupted.
    struct Interruption {
        fileprivate let subject: Subject
        fileprivate let read: (timeslices: UInt64, takenAt: MonotonicTime)

        var candidate: SampleCandidate {
            SampleCandidate(
                context: subject.context, entry: subject.entry, thread: subject.thread, presence: .any, mayWait: false,
                isAsleep: true)
        }
    }

    /// Counts a sleep up to this tick, whose sample a stop is to give; `nil` when the thread must not be stopped.
    func interruption(
        of subject: Subject, timeslices: UInt64?, unseen: ThreadTracker.UnseenTicks
    ) -> Interruption? {
        let entry = subject.entry
        guard entry.mustStop, let read = entry.readSleep, read.timeslices == timeslices,
            reader.bearsStop(entry)
        else { return nil }
        if unseen.count > 0 { repeatLast(subject, read.takenAt, count: unseen.count, ticksAgo: 1) }
        entry.readSleep = nil
        return Interruption(subject: subject, read: read)
    }

    /// Counts this tick as what was known of the sleep before, for the kernel doesn't allow the stop.
    func resume(_ interruption: Interruption) {
        interruption.subject.entry.readSleep = interruption.read
        repeatLast(interruption.subject, interruption.read.takenAt, count: 1)
    }

    private func note(
        _ snapshot: StackSnapshot, at time: MonotonicTime, _ subject: Subject, _ timeslices: UInt64?,
        _ unseen: ThreadTracker.UnseenTicks
    ) {
        subject.entry.readSleep = timeslices.map { ($0, time) }
        append(.snapshot(snapshot, takenAt: time), subject)
        ledger.note(.sleeping)
        if unseen.areRepresented, unseen.count > 0 {
            let last = time.before(ticks: 1, period: period)
            append(.unchanged(since: time, count: unseen.count, until: last), subject)
            ledger.note(.represented, count: unseen.count)
        }
    }

    /// Counts the ticks up to the end of a sleep that is over.
    ///
    /// - Parameters:
    ///   - loss: what to call those at which it may have been over.
    ///   - ticksAgo: when the last of them was.
    func endSleep(
        of subject: Subject, unseen: ThreadTracker.UnseenTicks, loss: SampleLedger.Loss, ticksAgo: Int = 1
    ) {
        account(for: unseen, of: subject, loss: loss, ticksAgo: ticksAgo)
        subject.entry.readSleep = nil
    }

    /// Counts the ticks up to now, of a thread that may sleep still.
    func settle(_ subject: Subject, _ activity: ThreadTracker.Activity, unseen: ThreadTracker.UnseenTicks) {
        switch activity {
        case .asleep(let timeslices?) where subject.entry.readSleep?.timeslices == timeslices:
            let all = ThreadTracker.UnseenTicks(count: unseen.count, certain: unseen.count)
            account(for: all, of: subject, loss: .moved, ticksAgo: 0)
        case .asleep, .running: endSleep(of: subject, unseen: unseen, loss: .moved, ticksAgo: 0)
        case .ended: endSleep(of: subject, unseen: unseen, loss: .ended, ticksAgo: 0)
        case .unreadable(let loss): endSleep(of: subject, unseen: unseen, loss: loss, ticksAgo: 0)
        }
    }

    /// - Parameter ticksAgo: when the last of the ticks was; 0 for the present one.
    private func account(
        for unseen: ThreadTracker.UnseenTicks, of subject: Subject, loss: SampleLedger.Loss, ticksAgo: Int
    ) {
        guard unseen.count > 0 else { return }
        let certain = subject.entry.readSleep == nil ? 0 : unseen.certain
        let uncertain = unseen.count - certain
        if certain > 0, let read = subject.entry.readSleep {
            repeatLast(subject, read.takenAt, count: certain, ticksAgo: ticksAgo + uncertain)
        }
        if uncertain > 0 { ledger.lose(loss, count: uncertain) }
    }

    private func repeatLast(_ subject: Subject, _ time: MonotonicTime, count: Int, ticksAgo: Int = 0) {
        let last = MonotonicTime.now.before(ticks: ticksAgo, period: period)
        append(.unchanged(since: time, count: count, until: last), subject)
        ledger.note(.repeated, count: count)
    }

    private func append(_ sample: ThreadSample, _ subject: Subject) {
        events.append(.thread(subject.thread, sample, in: subject.context))
    }
}
