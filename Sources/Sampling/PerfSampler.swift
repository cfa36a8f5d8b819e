internal import PerfEvents
internal import ProcFS
internal import ProfileModel
internal import SystemSupport
internal import TargetProcess

/// Has the kernel copy the stacks of running threads, by perf_event_open(2), and never stops one.
///
/// The kernel writes samples to a ring for each CPU; this reads them. Belongs to one thread while it runs.
final class PerfSampler {
    private let options: SamplingOptions
    private let procfs: ProcFS
    private let queue: SampleEventQueue
    private let control: SamplingControl
    private let rings: PerfRings
    private let threads: PerfThreads
    private var contexts: [ProcessID: ProcessContext] = [:]
    private var names: ThreadNames
    private var order = RecordOrder()
    private var offCPUIntervals = OffCPUIntervals()
    private var pace: SwitchPace
    private var mustBeginIntervals = true
    /// Whether events that copy other stacks are to take the place of those that don't.
    private var mustReopen = false
    /// Processes that had ended at the last upkeep; records of them may have been on their way.
    private var ended: Set<ProcessID> = []
    private var isOver = false
    /// Whether a process may have been forked before its parent's events were opened, or its record be lost.
    private var mustFindDescendants = true
    private var ledger = SampleLedger()
    private var nextSums = MonotonicTime.now.advanced(by: sumInterval)
    private var publishedAt = MonotonicTime(nanoseconds: 0)
    private var coverage = SampleCoverage()
    private var pending: [SampleEvent] = []

    private static let waitMilliseconds: Int32 = 100
    /// New processes are found soon: those that have ended can only be seen through their parents' eyes.
    private static let shortWaitMilliseconds: Int32 = 20
    /// How often the clocks of all processes are read for the sums that they show.
    private static let sumInterval: UInt64 = 1_000_000_000
    private static let upkeepInterval: UInt64 = 200_000_000
    /// The first part of a recording, in nanoseconds, in which the rings are read more often: what the copies of stacks lack
    /// is known only once the first samples are unwound.
    private static let firstTime: UInt64 = 300_000_000
    private static let firstWaitMilliseconds: Int32 = 5
    private static let firstUpkeepInterval: UInt64 = 20_000_000
    private static let firstStackBytes = 16 * 1024

    /// Opens the events; sampling begins here.
    ///
    /// - Parameter prefersHost: whether events on CPUs cost less than those on threads, which the kernel begins and ends at
    ///   each switch from one to another.
    init(
        options: SamplingOptions, procfs: ProcFS, contexts: [ProcessContext], queue: SampleEventQueue,
        control: SamplingControl, prefersHost: Bool
    ) throws(PerfEventError) {
        self.options = options
        self.procfs = procfs
        self.queue = queue
        self.control = control
        names = ThreadNames(procfs: procfs)
        // Rings and events may take all descriptors.
        for context in contexts { names.prepare(context.process) }
        rings = try PerfRings()
        pace = SwitchPace(limit: options.rate, procfs: procfs)
        let kind: PerfEvent.Kind =
            options.mode == .offCPU
            ? .contextSwitches(period: pace.firstPeriod(of: contexts))
            : .processorTime(nanoseconds: Self.period(rate: options.rate))
        threads = PerfThreads(
            PerfEvent.Request(
                kind: kind, inheritance: options.followsChildren ? .processes : .threads,
                stackBytes: Self.firstStackBytes, excludesKernel: false),
            rings: rings)
        for context in contexts { self.contexts[context.process] = context }
        setCopies()
        // None is open yet.
        mustReopen = false
        if options.followsChildren { addDescendants() }
        // Descendants are short-lived as a rule; events on CPUs are few, too.
        let mayCoverHost =
            prefersHost || options.followsChildren || !hasDescriptors(forEventsOf: self.contexts.values)
        let coversHost = mayCoverHost && options.mode != .offCPU && threads.coverHost()
        for context in self.contexts.values {
            if !coversHost { try threads.open(context.directory) }
            note(CodeChange(time: .now, kind: .unknown), of: context.process)
            coverage.begin(context.process)
        }
    }

    private func hasDescriptors(forEventsOf contexts: some Sequence<ProcessContext>) -> Bool {
        let events = contexts.reduce(0) { $0 + $1.threadCount } * rings.count
        return DescriptorAllowance.ofThisProcess.suffices(forEvents: events)
    }

    /// Adds those that there are already; of others, the kernel reports the beginning.
    private func addDescendants() {
        var parents = Array(contexts.values)
        while let parent = parents.popLast() {
            for child in (try? procfs.children(of: parent.process)) ?? [] where contexts[child] == nil {
                guard
                    let context = try? ProcessContext(of: child, in: procfs, parent: parent.parent ?? parent)
                else { continue }
                contexts[child] = context
                parents.append(context)
            }
        }
    }

    /// Whether nothing is seen of the threads while they are in the kernel.
    var omitsKernel: Bool { threads.request.excludesKernel }

    /// Samples until it is asked to stop, or all targets have ended.
    func run() {
        // A reader that has to wait for a CPU among many threads finds its rings full.
        SamplerPriority.raise()
        defer { SamplerPriority.lower() }
        var load = SamplerLoad()
        let start = MonotonicTime.now
        publishedAt = start
        let firstEnd = start.advanced(by: Self.firstTime)
        var nextUpkeep = start.advanced(by: Self.firstUpkeepInterval)
        while !control.mustStop, !isOver {
            if options.mode == .offCPU, mustBeginIntervals { beginIntervals() }
            let isFirst = MonotonicTime.now < firstEnd
            rings.wait(
                milliseconds: isFirst ? Self.firstWaitMilliseconds : waitMilliseconds, or: control.stopDescriptor)
            let readAt = MonotonicTime.now
            drain()
            handle(order.take(readAt: readAt))
            setCopies()
            publish(at: readAt)
            if load.isTooHigh(at: readAt) { SamplerPriority.lower() }
            if readAt >= nextUpkeep {
                nextUpkeep = readAt.advanced(by: isFirst ? Self.firstUpkeepInterval : Self.upkeepInterval)
                keepUp()
            }
        }
        let end = finish()
        countCoverage()
        publish(at: end)
    }

    private var waitMilliseconds: Int32 {
        options.followsChildren ? Self.shortWaitMilliseconds : Self.waitMilliseconds
    }

    /// Shows what was counted since the last call.
    private func publish(at time: MonotonicTime) {
        ledger.note(.elapsed, nanoseconds: time.since(publishedAt))
        publishedAt = time
        ledger.note(offCPUIntervals.takeTimes())
        control.add(ledger.take())
    }

    private func countCoverage() {
        if options.mode != .offCPU { ledger.note(coverage.take(period: period)) }
    }

    /// Returns when the last events came; what they say takes longer to handle.
    private func finish() -> MonotonicTime {
        let end = MonotonicTime.now
        threads.close()
        drain()
        handle(order.takeAll())
        for interval in offCPUIntervals.endAll(at: end) { emit(interval) }
        pending.append(.away(offCPUIntervals.takeTimesWithoutStack()))
        flush()
        return end
    }

    /// Has the kernel copy from now on what was planned since the last call.
    private func setCopies() {
        for context in contexts.values {
            if let plan = context.takeSharedPlan(), rings.setCopies(plan, ofThreadsOf: context.process) {
                mustReopen = true
            }
            for (thread, plans) in context.takePlans() where rings.setCopies(plans, of: thread) { mustReopen = true }
        }
    }

    private func drain() {
        let malformed = rings.drain { order.add($0) }
        ledger.lose(.failed, count: malformed)
    }

    // MARK: - Records

    private func handle(_ batch: (records: [PerfRecord], horizon: MonotonicTime)) {
        for record in batch.records { handle(record) }
        flush(horizon: batch.horizon)
    }

    private func handle(_ record: PerfRecord) {
        let time = MonotonicTime(nanoseconds: record.time)
        if let change = record.codeChange { note(change, of: record.process) }
        switch record.content {
        case .sample(let sample): handle(sample, of: record, at: time)
        case .switchedOut(let wasPreempted):
            pace.count()
            if contexts[record.process] != nil {
                offCPUIntervals.leave(record.thread, at: time, wasPreempted: wasPreempted)
            }
        case .switchedIn: if let interval = offCPUIntervals.end(of: record.thread, at: time) { emit(interval) }
        case .started(let parent, let process): start(record, by: parent, of: process)
        case .ended:
            threads.end(record.thread)
            rings.endCopies(of: record.thread)
            names.end(record.thread)
            if let away = offCPUIntervals.evict(record.thread) { pending.append(.away([record.thread: away])) }
        case .named(let name, _): if contexts[record.process] != nil { names.name(record.thread, name) }
        case .mapped: break
        case .lost(let count):
            ledger.lose(.ringFull, count: Int(clamping: count))
            noteUnknownChanges(at: time)
            pace.noteLoss()
            mustFindDescendants = true
            threads.noteLoss()
            offCPUIntervals.discardOpenOnes()
            // Ends of threads may be among what was lost.
            pending.append(.away(offCPUIntervals.takeTimesWithoutStack()))
            mustBeginIntervals = true
        case .throttled: ledger.note(.throttling)
        }
    }

    private func handle(_ sample: PerfSample, of record: PerfRecord, at time: MonotonicTime) {
        guard !sample.isThirtyTwoBit else { return ledger.lose(.failed) }
        let snapshot = StackSnapshot(
            process: record.process, thread: record.thread,
            registers: sample.isOfKernelWorker ? NativeRegisters() : sample.registers, stack: sample.stack,
            windows: sample.windows, interpreter: sample.interpreter, kernelStack: sample.kernelStack)
        if options.mode == .offCPU {
            offCPUIntervals.leave(snapshot, at: time, period: threads.switches(at: time))
        } else {
            coverage.count(record.process)
            coverage.endTick()
            emit(snapshot, at: time, weight: 1)
        }
    }

    private func emit(_ interval: OffCPUIntervals.Ended) {
        emit(interval.snapshot, at: interval.start, weight: interval.weight, away: interval.away)
    }

    private func emit(_ snapshot: StackSnapshot, at time: MonotonicTime, weight: UInt64, away: UInt64 = 0) {
        // Events of the whole host show other processes as well.
        guard let context = contexts[snapshot.process] else { return }
        let thread = names.identity(of: snapshot.thread, in: snapshot.process)
        if control.isNew(snapshot.thread) { ledger.note(.thread) }
        ledger.note(.copied)
        let sample = TimedSample(snapshot: snapshot, thread: thread, time: time, weight: weight, away: away)
        pending.append(.thread(thread, .timed(sample), in: context))
    }

    private func start(_ record: PerfRecord, by parent: ThreadID, of parentProcess: ProcessID) {
        guard let origin = contexts[parentProcess] else { return }
        names.start(record.thread, by: parent)
        threads.start(record.thread)
        guard record.process != parentProcess, options.followsChildren else { return }
        let fork = (parent: origin, time: MonotonicTime(nanoseconds: record.time))
        let known = try? ProcessContext(
            of: record.process, in: procfs, parent: fork.parent, forkTime: fork.time)
        let found = known ?? (try? ProcessContext(vanished: record.process, forkedFrom: fork, in: procfs))
        guard let context = found else { return ledger.lose(.ended) }
        if let former = contexts[record.process] { pending.append(.process(former, .ended)) }
        contexts[record.process] = context
    }

    // MARK: - Changes of code

    private func note(_ change: CodeChange, of process: ProcessID) {
        guard let context = contexts[process] else { return }
        pending.append(.process(context, .code(change)))
    }

    /// Hands over what was seen, in order.
    private func flush(horizon: MonotonicTime? = nil) {
        if let horizon { pending += contexts.values.map { SampleEvent.process($0, .reached(horizon)) } }
        let refused = queue.append(pending)
        ledger.lose(.queueFull, count: refused)
        pending.removeAll(keepingCapacity: true)
    }

    // MARK: - Upkeep

    private func keepUp() {
        control.evict(names.sweep())
        if MonotonicTime.now >= nextSums {
            nextSums = MonotonicTime.now.advanced(by: Self.sumInterval)
            countCoverage()
            control.show(
                kept: [
                    .sampledProcesses: contexts.count, .threadNames: names.count,
                    .threadsAway: offCPUIntervals.threadCount,
                ])
        }
        var request = threads.request
        if contexts.values.contains(where: { $0.takeDeepStackNote() }) {
            request.stackBytes = min(request.stackBytes * 2, PerfEvent.Request.largestStack)
        }
        if case .contextSwitches(let period) = request.kind {
            request.kind = .contextSwitches(period: pace.adapted(period, at: .now))
        }
        if options.mode != .offCPU, !omitsKernel, coverage.isPoor(period: period, at: .now), !threads.coversHost {
            if threads.coverHost() { noteUnknownChanges() }
        }
        if request != threads.request || processorsHaveChanged() || threads.mustReopen(at: .now) || mustReopen {
            mustReopen = false
            ledger.lose(.refused, count: threads.reopen(request, on: contexts.values))
            noteUnknownChanges()
        }
        dropEnded()
        if options.followsChildren, mustFindDescendants { findDescendants() }
        for context in contexts.values where !ended.contains(context.process) {
            ledger.lose(.refused, count: threads.discover(in: context.directory))
        }
    }

    private func processorsHaveChanged() -> Bool {
        do {
            return try rings.followProcessors()
        } catch {
            ledger.lose(.failed)
            return true
        }
    }

    /// Lets go of the processes that had ended at the last upkeep.
    private func dropEnded() {
        let before = ended
        ended = Set(contexts.values.filter(\.hasEnded).map(\.process))
        // One that has just ended may have left a child whose record is on its way.
        isOver = ended.count == contexts.count && (!options.followsChildren || ended.isSubset(of: before))
        guard !isOver else { return }
        for process in ended.intersection(before) {
            if let context = contexts.removeValue(forKey: process) {
                pending.append(.process(context, .ended))
                coverage.end(process)
                rings.endCopies(ofThreadsOf: process)
            }
        }
    }

    private func findDescendants() {
        mustFindDescendants = false
        let known = Set(contexts.keys)
        addDescendants()
        for process in contexts.keys where !known.contains(process) {
            note(CodeChange(time: .now, kind: .unknown), of: process)
            coverage.begin(process)
        }
    }

    /// Between the end of events and the beginning of others, nobody samples.
    private func noteUnknownChanges(at time: MonotonicTime = .now) {
        for process in contexts.keys { note(CodeChange(time: time, kind: .unknown), of: process) }
    }

    /// Of a sample of CPU time, in nanoseconds.
    private var period: UInt64 { Self.period(rate: options.rate) }

    /// Half a percent off: at 100 or 500 Hz, the kernel's timer would otherwise stay in step with work that begins every
    /// so many milliseconds, and see all of it or nothing.
    private static func period(rate: Int) -> UInt64 {
        let round = 1_000_000_000 / UInt64(rate)
        return round - round / 199
    }

    // MARK: - Off-CPU intervals

    /// Reads the stacks of those threads that sleep already: they have left their CPUs unseen.
    private func beginIntervals() {
        mustBeginIntervals = false
        var reader = SleepingStackReader(copier: StackCopier())
        for context in contexts.values {
            let counts = procfs.kernelCountsTimeslices
            guard let tracker = try? ThreadTracker(of: context.directory, countsTimeslices: counts),
                (try? tracker.refresh()) != nil
            else { continue }
            for entry in tracker.ordered {
                guard case .asleep(let timeslices) = tracker.activity(of: entry) else { continue }
                let snapshot = try? reader.snapshot(of: entry, in: context, timeslices: timeslices)
                offCPUIntervals.find(entry.id, snapshot, at: .now)
            }
        }
    }
}

extension PerfSample {
    /// Whether the thread has never been in user mode: kernels before Linux 6.4 give registers of it all the same.
    fileprivate var isOfKernelWorker: Bool {
        let zero = Address(rawValue: 0)
        return registers.programCounter == zero && registers.stackPointer == zero && !kernelStack.isEmpty
    }
}
