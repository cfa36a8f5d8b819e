internal import PerfEvents
internal import ProcFS
internal import ProfileModel
internal import TargetProcess

/// Has the kernel copy the stacks of running threads, by perf_event_open(2), and never stops one.
///
/// The kernel writes samples to a ring for each CPU; this reads them. Belongs to one thread while it runs.
final class PerfSampler {
    private let options: SamplingOptions
    private let procfs: ProcFS
    private let queue: ObservationQueue
    private let control: SamplingControl
    private let rings: PerfRings
    private let threads: PerfThreads
    private var contexts: [ProcessID: ProcessContext] = [:]
    private var names: ThreadNames
    private var order = RecordOrder()
    private var absences = AbsenceTimes()
    private var pace: SwitchPace
    private var mustBeginAbsences = true
    private var statistics = SamplingStatistics()
    private var seenThreads: Set<ThreadIdentity> = []
    private var pending: [Observation] = []
    private var changes: [ProcessID: [CodeChange]] = [:]

    private static let waitMilliseconds: Int32 = 100
    private static let upkeepInterval: UInt64 = 200_000_000
    private static let firstStackBytes = 16 * 1024
    /// So many changes of one process's code at once are kept apart.
    private static let changeLimit = 64

    /// Opens the events; sampling begins here.
    init(
        options: SamplingOptions, procfs: ProcFS, contexts: [ProcessContext], queue: ObservationQueue,
        control: SamplingControl
    ) throws(PerfEventError) {
        self.options = options
        self.procfs = procfs
        self.queue = queue
        self.control = control
        names = ThreadNames(procfs: procfs)
        rings = try PerfRings()
        pace = SwitchPace(limit: options.rate, procfs: procfs)
        let kind: PerfEvent.Kind =
            options.mode == .offCPU
            ? .contextSwitches(period: pace.firstPeriod(of: contexts))
            : .processorTime(nanoseconds: 1_000_000_000 / UInt64(options.rate))
        threads = PerfThreads(
            PerfEvent.Request(
                kind: kind, inheritance: options.followsChildren ? .processes : .threads,
                stackBytes: Self.firstStackBytes, excludesKernel: false),
            rings: rings)
        for context in contexts {
            self.contexts[context.process] = context
            try threads.open(context.directory)
            noteUnknownChanges(of: context.process, at: .now)
        }
    }

    /// Whether nothing is seen of the threads while they are in the kernel.
    var omitsKernel: Bool { threads.request.excludesKernel }

    /// Samples until it is told to stop, or all targets have ended.
    func run() -> SamplingStatistics {
        let start = MonotonicTime.now
        var nextUpkeep = start.advanced(by: Self.upkeepInterval)
        while !control.mustStop, !contexts.isEmpty {
            if options.mode == .offCPU, mustBeginAbsences { beginAbsences() }
            rings.wait(milliseconds: Self.waitMilliseconds)
            let readAt = MonotonicTime.now
            drain()
            handle(order.take(readAt: readAt))
            control.publish(samples: statistics.samples)
            if readAt >= nextUpkeep {
                nextUpkeep = readAt.advanced(by: Self.upkeepInterval)
                keepUp()
            }
        }
        finish()
        statistics.elapsed = MonotonicTime.now.since(start)
        statistics.threads = seenThreads.count
        return statistics
    }

    private func finish() {
        let end = MonotonicTime.now
        threads.close()
        drain()
        handle(order.takeAll())
        for absence in absences.endAll(at: end) { emit(absence) }
        flush()
    }

    private func drain() {
        let malformed = rings.drain { order.add($0) }
        if malformed > 0 { statistics.lose(.failed, count: malformed) }
    }

    // MARK: - Records

    private func handle(_ batch: (records: [PerfRecord], horizon: MonotonicTime)) {
        for record in batch.records { handle(record) }
        flush(horizon: batch.horizon)
    }

    private func handle(_ record: PerfRecord) {
        let time = MonotonicTime(nanoseconds: record.time)
        switch record.content {
        case .sample(let sample): handle(sample, of: record, at: time)
        case .switchedOut(let wasPreempted):
            pace.count()
            if wasPreempted { absences.notePreemption(of: record.thread) }
        case .switchedIn: if let absence = absences.end(of: record.thread, at: time) { emit(absence) }
        case .started(let parent, let process): start(record, by: parent, of: process)
        case .ended:
            threads.end(record.thread)
            names.forget(record.thread)
            // Nobody waits for a thread that has ended.
            _ = absences.end(of: record.thread, at: time)
        case .named(let name, let isExecution):
            names.name(record.thread, name)
            if isExecution { noteUnknownChanges(of: record.process, at: time) }
        case .mapped(let start, let count):
            let end = start.rawValue.addingReportingOverflow(count)
            let range = start.rawValue..<(end.overflow ? .max : end.partialValue)
            note(CodeChange(time: time, range: range), of: record.process)
        case .lost(let count):
            statistics.lose(.ringFull, count: Int(clamping: count))
            for process in contexts.keys { noteUnknownChanges(of: process, at: time) }
            // Who came back unseen would seem to be away for too long.
            absences = AbsenceTimes()
            mustBeginAbsences = true
        case .throttled: statistics.throttled += 1
        }
    }

    private func handle(_ sample: PerfSample, of record: PerfRecord, at time: MonotonicTime) {
        let snapshot = StackSnapshot(
            process: record.process, thread: record.thread, registers: sample.registers, stack: sample.stack,
            kernelStack: sample.kernelStack)
        if options.mode == .offCPU {
            absences.leave(snapshot, at: time, period: sample.period)
        } else {
            emit(snapshot, at: time, weight: 1)
        }
    }

    private func emit(_ absence: AbsenceTimes.Ended) {
        if absence.wasPreempted {
            statistics.preemptedNanoseconds &+= absence.nanoseconds
        } else {
            statistics.blockedNanoseconds &+= absence.nanoseconds
        }
        emit(absence.snapshot, at: absence.start, weight: absence.nanoseconds)
    }

    private func emit(_ snapshot: StackSnapshot, at time: MonotonicTime, weight: UInt64) {
        guard let context = contexts[snapshot.process] else {
            if options.followsChildren { statistics.lose(.ended) }
            return
        }
        let thread = names.identity(of: snapshot.thread, in: snapshot.process)
        seenThreads.insert(thread)
        statistics.copiedSamples += 1
        let moment = SampledMoment(snapshot: snapshot, thread: thread, time: time, weight: weight)
        pending.append(Observation(context: context, thread: thread, sight: .moment(moment)))
    }

    private func start(_ record: PerfRecord, by parent: ThreadID, of parentProcess: ProcessID) {
        names.start(record.thread, by: parent)
        guard record.process == parentProcess else { return adopt(record.process, from: parentProcess) }
        threads.start(record.thread)
    }

    private func adopt(_ process: ProcessID, from parent: ProcessID) {
        guard options.followsChildren, contexts[parent] != nil else { return }
        threads.start(ThreadID(rawValue: process.rawValue))
        contexts[process] = try? ProcessContext(of: process, in: procfs, parent: parent)
    }

    // MARK: - Changes of code

    private func noteUnknownChanges(of process: ProcessID, at time: MonotonicTime) {
        note(CodeChange(time: time, range: nil), of: process)
    }

    private func note(_ change: CodeChange, of process: ProcessID) {
        changes[process, default: []].append(change)
    }

    /// Hands over what was seen; changes go first, in order.
    private func flush(horizon: MonotonicTime? = nil) {
        var observations: [Observation] = []
        for (process, list) in changes {
            guard let context = contexts[process] else { continue }
            for change in Self.condensed(list) {
                observations.append(observation(.codeChanged(change), of: context))
            }
        }
        changes.removeAll(keepingCapacity: true)
        let refused = queue.append(observations + pending)
        if refused > 0 { statistics.lose(.queueFull, count: refused) }
        pending.removeAll(keepingCapacity: true)
        guard let horizon else { return }
        _ = queue.append(contexts.values.map { observation(.reached(horizon), of: $0) })
    }

    /// Many changes become two, of everything, at the time of the first and of the last.
    private static func condensed(_ changes: [CodeChange]) -> [CodeChange] {
        guard changes.count > changeLimit, let first = changes.first, let last = changes.last else { return changes }
        return [CodeChange(time: first.time, range: nil), CodeChange(time: last.time, range: nil)]
    }

    private func observation(_ sight: Observation.Sight, of context: ProcessContext) -> Observation {
        let thread = ThreadIdentity(
            process: context.process, thread: ThreadID(rawValue: context.process.rawValue), name: "", processName: "")
        return Observation(context: context, thread: thread, sight: sight)
    }

    // MARK: - Upkeep

    private func keepUp() {
        var request = threads.request
        if contexts.values.contains(where: { $0.takeDeepStackNote() }) {
            request.stackBytes = min(request.stackBytes * 2, PerfEvent.Request.largestStack)
        }
        if case .contextSwitches(let period) = request.kind {
            request.kind = .contextSwitches(period: pace.adapted(period, at: .now))
        }
        if request != threads.request {
            let refused = threads.reopen(request, on: contexts.values)
            for process in contexts.keys { noteUnknownChanges(of: process, at: .now) }
            statistics.lose(.refused, count: refused)
        }
        for (process, context) in contexts {
            statistics.lose(.refused, count: threads.discover(in: context.directory))
            if context.hasEnded { contexts[process] = nil }
        }
    }

    // MARK: - Absences

    /// Reads the stacks of those threads that sleep already: they have left their CPUs unseen.
    private func beginAbsences() {
        mustBeginAbsences = false
        var reader = SleepingStackReader(copier: StackCopier())
        for context in contexts.values {
            guard let tracker = try? ThreadTracker(of: context.directory, countsTimeslices: procfs.kernelCountsTimeslices),
                (try? tracker.refresh(in: context.directory)) != nil
            else { continue }
            for entry in tracker.ordered {
                guard case .asleep(let timeslices) = tracker.activity(of: entry),
                    let snapshot = try? reader.snapshot(of: entry, in: context, timeslices: timeslices)
                else { continue }
                absences.leave(snapshot, at: .now, period: 1)
            }
        }
    }
}
