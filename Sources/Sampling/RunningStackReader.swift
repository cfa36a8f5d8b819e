internal import ProcFS
internal import ProfileModel
internal import SystemSupport
internal import TargetProcess

/// A thread that is due.
struct SampleCandidate {
    let context: ProcessContext
    let entry: ThreadTracker.Entry
    let thread: ThreadIdentity
    let presence: Presence
    /// Whether nothing refers to its stack later, so that it can wait to be unwound.
    var mayWait = true
    /// Whether it is stopped in its sleep.
    var isAsleep = false

    /// Whether the thread was on a CPU when it was due.
    enum Presence {
        /// It doesn't matter.
        case any
        /// It was, and lost it to Sonde.
        case onCPU
        /// It was either on a CPU or waiting for one: it is taken only if it was on one at `time`. `before` was read after
        /// that.
        case atTime(MonotonicTime, before: Schedstat)
    }
}

/// Stops threads that run, or that are to be stopped in their sleep, each for as long as it takes to copy its registers and stack.
///
/// Belongs to the sampler's thread.
final class RunningStackReader<Source: StackSource> {
    /// A thread that was asked to stop and has not stopped yet: it waits for a CPU.
    private struct Request {
        let stop: Source.Stop
        let candidate: SampleCandidate
        var lastSeenRunning: MonotonicTime
        /// Ticks that have passed meanwhile.
        var passedTicks = 0
    }

    /// Long enough for a thread on another CPU to stop; waiting longer would keep the CPU from one that waits for it.
    private static var spinNanoseconds: UInt64 { 60_000 }

    private let source: Source
    private let copier: StackCopier
    private var requests: [Request] = []
    /// Threads that end while they are traced: the kernel keeps them until their end was taken note of.
    private var dying: [Source.Stop] = []
    private let events: SampleEventList
    private var ledger = SampleLedger()
    /// How long all threads were stopped so far.
    private(set) var stoppedNanoseconds: UInt64 = 0
    private let period: UInt64
    private var sleeps: SleepingStackReader
    private var buffer: [UInt8] = []

    /// - Parameters:
    ///   - events: where samples are appended.
    ///   - period: of the ticks, in nanoseconds; 0 where there are none.
    init(source: Source, copier: StackCopier, events: SampleEventList = SampleEventList(), period: UInt64 = 0) {
        self.source = source
        self.period = period
        self.copier = copier
        self.events = events
        sleeps = SleepingStackReader(copier: copier)
    }

    /// Whether a thread that was asked to stop has not been seen stopped.
    var isWaiting: Bool { !requests.isEmpty }

    /// Whether `poll()` has to be called now and then, so that the processes of threads that were killed can end.
    var awaitsEnds: Bool { !dying.isEmpty }

    /// Notes that a thread ends, whether it was asked to stop or not.
    ///
    /// The first thread of a process stays until all others have ended.
    func expectEnd(of thread: ThreadID) {
        while let index = requests.firstIndex(where: { $0.stop.thread == thread }) {
            let request = requests.remove(at: index)
            lose(.gone, request)
            dying.append(request.stop)
        }
    }

    func isWaiting(for thread: ThreadID) -> Bool { requests.contains { $0.stop.thread == thread } }

    /// Notes that a thread which was asked to stop is due again.
    func passTick(of thread: ThreadID) {
        for index in requests.indices where requests[index].stop.thread == thread { requests[index].passedTicks += 1 }
    }

    /// Stops a thread, copies its stack and lets it run on.
    ///
    /// A thread that doesn't stop at once is left to `collect()`. It runs no instruction of its program before it stops, so
    /// that its stack is the one that it has now.
    func sample(_ candidate: SampleCandidate) {
        if let loss = stop(candidate) { ledger.lose(loss) }
    }

    /// Copies the stack of a thread that was on its CPU when it was due, and sleeps since.
    ///
    /// It sleeps in the system call that it was in.
    func sampleDeparted(_ candidate: SampleCandidate, timeslices: UInt64?) {
        do {
            let snapshot = try sleeps.snapshot(of: candidate.entry, in: candidate.context, timeslices: timeslices)
            report(snapshot, takenAt: source.now, 0, candidate)
            ledger.note(candidate.entry.isKernelWorker ? .copied : .departed)
        } catch {
            ledger.lose(SampleLedger.Loss(error))
        }
    }

    /// Stops a sleeping thread like a running one; returns whether the kernel allows it.
    func interrupt(_ candidate: SampleCandidate) -> Bool { stop(candidate) == nil }

    /// Returns why the thread can't be stopped.
    private func stop(_ candidate: SampleCandidate) -> SampleLedger.Loss? {
        candidate.context.makeRoom(forCopiesOf: candidate.entry.id, in: copier)
        do {
            let start = source.now
            let stop = try source.stop(candidate.entry.id)
            requests.append(Request(stop: stop, candidate: candidate, lastSeenRunning: start))
        } catch {
            // The kernel refuses to trace a thread that ends, too.
            return candidate.entry.hasEnded(using: &buffer) ? .ended : SampleLedger.Loss(error)
        }
        // It can't stop before it gets its CPU back from this thread.
        guard candidate.entry.processor != SamplerPriority.currentProcessor else { return nil }
        let deadline = source.now.advanced(by: Self.spinNanoseconds)
        repeat { poll() } while isWaiting(for: candidate.entry.id) && source.now < deadline
        return nil
    }

    /// Whether the number is the chosen thread's still, so that what was seized by it was not another one.
    ///
    /// The kept files are bound to the thread, and its number is free for others once they show nothing.
    private func hasItsNumber(_ entry: ThreadTracker.Entry) -> Bool {
        (try? entry.schedstat(using: &buffer)) != nil || !entry.hasEnded(using: &buffer)
    }

    /// Takes the stacks of those threads that have stopped since.
    ///
    /// - Parameter awakenedAt: when the stop's signal arrived, if the caller slept until then.
    func collect(awakenedAt: MonotonicTime) {
        for index in requests.indices { requests[index].lastSeenRunning = awakenedAt }
        poll()
    }

    /// Waits up to `nanoseconds` for all threads that were asked to stop.
    func collect(within nanoseconds: UInt64) {
        let end = source.now.advanced(by: nanoseconds)
        while isWaiting, source.now < end {
            let isAnnounced = StopSignal.wait(nanoseconds: min(end.since(source.now), 10_000_000))
            if isAnnounced { collect(awakenedAt: source.now) } else { poll() }
        }
    }

    /// Lets go of the threads that have not stopped, and counts them as lost.
    func giveUp() {
        for request in requests { ledger.lose(.notStopped, count: 1 + request.passedTicks) }
        requests.removeAll()
        dying.removeAll()
    }

    /// Gives out what was counted since the last call.
    func takeLedger() -> SampleLedger { ledger.take() }

    /// Gives out what was seen since the last call.
    func takeEvents() -> [SampleEvent] { events.takeAll() }

    /// Takes the stacks of those threads that are found to have stopped.
    func poll() {
        dying.removeAll { stop in
            if case .stopped = stop.poll() { stop.release() }
            return if case .gone = stop.poll() { true } else { false }
        }
        var index = 0
        while index < requests.count {
            let now = source.now
            switch requests[index].stop.poll() {
            case .notYetStopped:
                requests[index].lastSeenRunning = now
                index += 1
            case .gone:
                lose(.gone, requests.remove(at: index))
            case .stopped:
                take(requests.remove(at: index))
            }
        }
    }

    private func take(_ request: Request) {
        let candidate = request.candidate
        let registers: NativeRegisters
        let repetitions: Int
        do {
            let presence = presence(candidate)
            if presence.hasWaited { ledger.note(.waitForCPU, count: request.passedTicks) }
            guard presence.wasOnCPU else {
                release(request.stop)
                ledger.note(.waitForCPU)
                return
            }
            repetitions = presence.hasWaited ? 0 : request.passedTicks
            registers = try request.stop.registers()
            // As much as is read of a sleeping thread that isn't stopped, so that both can be compared.
            candidate.context.copyStack(
                of: request.stop.thread, registers, limit: candidate.isAsleep ? StackCopier.largestWindow : nil,
                from: source.memory(of: candidate.context), using: copier)
        } catch {
            release(request.stop)
            lose(error, request)
            return
        }
        let kernelArea = candidate.isAsleep ? request.stop.restartableSequenceArea() : nil
        // The stack is of a time before the thread goes on, and may map other code.
        let time = source.now
        release(request.stop)
        let duration = source.now.since(request.lastSeenRunning)
        stoppedNanoseconds &+= duration
        ledger.note(stopOf: duration)
        guard hasItsNumber(candidate.entry) else { return lose(.gone, request) }
        let snapshot = StackSnapshot(
            process: candidate.context.process, thread: request.stop.thread, registers: registers, stack: copier.take(),
            windows: copier.takeOthers(), interpreter: copier.takeInterpreter())
        if let kernelArea {
            candidate.entry.completedSleep = CompletedSleep(snapshot, ignoring: kernelArea)
        }
        ledger.note(candidate.isAsleep ? .interrupted : .stopped)
        ledger.note(candidate.isAsleep ? .repeated : .stopped, count: repetitions)
        report(snapshot, takenAt: time, repetitions, candidate)
    }

    private func report(
        _ snapshot: StackSnapshot, takenAt time: MonotonicTime, _ repetitions: Int, _ candidate: SampleCandidate
    ) {
        guard candidate.context.isWatched, candidate.mayWait else {
            report(.snapshot(snapshot, takenAt: time), candidate)
            if repetitions > 0 {
                let last = time.before(ticks: 1, period: period)
                report(.unchanged(since: time, count: repetitions, until: last), candidate)
            }
            return
        }
        let count = 1 + repetitions
        let sample = TimedSample(
            snapshot: snapshot, thread: candidate.thread, time: time, count: count, weight: UInt64(clamping: count))
        report(.timed(sample), candidate)
    }

    private func release(_ stop: Source.Stop) {
        stop.release()
        if stop.isDying { dying.append(stop) }
    }

    private func report(_ sample: ThreadSample, _ candidate: SampleCandidate) {
        events.append(.thread(candidate.thread, sample, in: candidate.context))
    }

    /// Whether the stopped thread was on a CPU at the time in question, and whether it has waited for one since.
    ///
    /// A thread on a CPU stops without being put on one again. One that was put on a CPU first had waited: if that wait
    /// began before the time in question, it was not on a CPU then.
    private func presence(_ candidate: SampleCandidate) -> (wasOnCPU: Bool, hasWaited: Bool) {
        switch candidate.presence {
        case .any: return (true, false)
        case .onCPU: return (true, true)
        case .atTime(let time, let before):
            guard let after = try? candidate.entry.schedstat(using: &buffer), after.timeslices != before.timeslices
            else {
                return (true, false)
            }
            return (after.waitNanoseconds &- before.waitNanoseconds <= source.now.since(time), true)
        }
    }

    private func lose(_ error: PtraceError, _ request: Request) {
        ledger.lose(SampleLedger.Loss(error), count: 1 + request.passedTicks)
    }
}

extension SampleLedger.Loss {
    fileprivate init(_ error: PtraceError) {
        self =
            switch error {
            case .gone: .ended
            case .notPermitted: .refused
            case .thirtyTwoBit, .failed: .failed
            }
    }
}
