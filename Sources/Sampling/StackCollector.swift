internal import ProfileModel
internal import SystemSupport
internal import TargetProcess
internal import WorkerControl

/// Has the worker unwind what the samplers saw, and counts the stacks.
///
/// Lives on a thread of its own.
final class StackCollector {
    private let options: SamplingOptions
    private let worker: StackWorker
    private let objects: TracedObjects
    private let control: SamplingControl
    /// By their contexts: a process has one for each of the samplers that found it.
    private var processes: [ObjectIdentifier: TrackedProcess] = [:]
    private var counter: StackCounter
    /// What was counted since the last drain, by which its stacks are scaled.
    private var away: [ThreadID: OffCPUIntervals.Total] = [:]
    private var ledger = SampleLedger()
    private var threadNames = InterpreterThreadNames()

    /// The last stack of a thread, to be counted again while it lasts.
    final class LastStack {
        /// `nil` where such stacks aren't counted.
        var handle: StackCounter.Handle?
        let interpreter: InterpreterOutcome?
        let takenAt: MonotonicTime

        init(handle: StackCounter.Handle?, interpreter: InterpreterOutcome?, takenAt: MonotonicTime) {
            self.handle = handle
            self.interpreter = interpreter
            self.takenAt = takenAt
        }
    }

    /// A stack to unwind by what its process had mapped; nothing is known of that where there is no view.
    struct Job {
        let process: TrackedProcess
        let sample: TimedSample
        let view: AddressSpaceTimeline.View?
        /// Whether the stack was seen just now, so that better mappings may still be read for it.
        var isRecent = false
    }

    /// What there is to do, in the order of what was seen.
    private enum Step {
        case unwind(Job)
        case countAgain(ThreadIdentity, TrackedProcess, since: MonotonicTime, SampleRuns.Run)
    }

    init(options: SamplingOptions, worker: StackWorker, objects: TracedObjects, control: SamplingControl) {
        self.options = options
        self.control = control
        counter = StackCounter(frameLimit: options.collectedFrameLimit, period: options.periodNanoseconds)
        self.worker = worker
        self.objects = objects
    }

    /// How long stops for the first stacks of all processes may delay the first tick, in nanoseconds.
    private static let previewTime: UInt64 = 250_000_000

    /// Reads the processes' address spaces, and how much of their running threads is to be copied, so that the first
    /// samples don't lack it.
    ///
    /// Many threads may be costly to poll, and are left alone.
    func prepare(_ contexts: [ProcessContext]) {
        let processes = contexts.map(process)
        let end = MonotonicTime.now.advanced(by: Self.previewTime)
        for process in processes where options.readsRuntimes && .now < end { findInterpreter(in: process) }
        let deadline = MonotonicTime.now.advanced(by: Self.previewTime)
        for process in processes
        where options.mayStop && process.context.threadCount <= ThreadSelection.fewThreads {
            var deeper: Set<ThreadID>?
            // A stack can go on on another one, and that on a third.
            for _ in 0..<CopyPlan.stepLimit where deeper?.isEmpty != true && .now < deadline {
                guard let preview = StackPreview.read(process.context, only: deeper, until: deadline) else { return }
                ledger.add(preview.stops)
                let found = preview.samples.filter { .now < deadline && goesOn(beyond: $0, of: process) }
                deeper = Set(found.map(\.thread.thread))
            }
        }
    }

    /// Has the frames of the thread that holds an interpreter's lock copied from the beginning.
    private func findInterpreter(in process: TrackedProcess) {
        let plan = worker.sharedInterpreterPlan(of: process.key, in: process.context.map)
        if let plan { process.context.share(plan) }
    }

    private func goesOn(beyond sample: TimedSample, of process: TrackedProcess) -> Bool {
        let job = Job(process: process, sample: sample, view: process.currentView, isRecent: true)
        guard case .stack(let unwound)? = unwind([job]).first else { return false }
        return copyMore(after: unwound, of: job)
    }

    func collect(_ events: [SampleEvent]) {
        take(events.flatMap(steps))
        control.add(ledger.take())
    }

    /// To be called when nothing more will come.
    func finish() {
        take(processes.values.flatMap { $0.takePending(upTo: nil) }.map(Step.unwind))
        control.add(ledger.take())
    }

    /// Gives out the stacks that were counted since the last call, and evicts what nothing refers to any more.
    ///
    /// The stacks that were given out before must have their names by now: an object file that no process maps, and none
    /// of these stacks leads through, is closed.
    func drain() -> [CollectedStack] {
        let stacks = counter.takeAll().map { threadNames.naming($0.scaled(by: away)) }
        threadNames.evictEnded()
        for total in away.values where total.scale == nil { ledger.note(.unseen, nanoseconds: total.away) }
        away = [:]
        control.add(ledger.take())
        evictObjects(keepingThoseOf: stacks)
        control.show(kept: keptCounts)
        return stacks
    }

    private func evictObjects(keepingThoseOf stacks: [CollectedStack]) {
        var used = processes.values.reduce(into: Set<ObjectID>()) { $0.formUnion($1.objects) }
        for stack in stacks {
            used.formUnion(stack.frames.lazy.compactMap(\.file))
        }
        for process in processes.values { process.evictObjects(keeping: used) }
        worker.evictObjects(keeping: used)
    }

    private var keptCounts: [KeptThing: Int] {
        [
            .collectedProcesses: processes.count, .frames: counter.frameCount,
            .lastStacks: processes.values.reduce(0) { $0 + $1.lastStacks.count },
            .mappings: processes.values.reduce(0) { $0 + $1.timeline.mappingCount }, .objects: objects.count,
        ]
    }

    private func steps(for event: SampleEvent) -> [Step] {
        switch event {
        case .thread(let thread, let sample, let context):
            return step(for: sample, of: thread, process(of: context)).map { [$0] } ?? []
        case .process(let context, .code(let change)):
            // Who watches for changes may know of its end later.
            if context.isCollected { note(change, of: process(of: context)) }
        case .process(let context, .reached(let time)):
            return processes[ObjectIdentifier(context)]?.takePending(upTo: time).map(Step.unwind) ?? []
        case .process(let context, .threadEnded(let thread)):
            processes[ObjectIdentifier(context)]?.lastStacks[thread] = nil
            threadNames.end(thread)
        case .process(let context, .ended):
            context.isCollected = false
            return processes.removeValue(forKey: ObjectIdentifier(context))?.takePending(upTo: nil).map(Step.unwind)
                ?? []
        case .away(let times): for (thread, time) in times { away[thread, default: .init()].away &+= time }
        }
        return []
    }

    /// The sooner it is known what came of unreported changes, the fewer samples are of the time between.
    private func note(_ change: CodeChange, of process: TrackedProcess) {
        process.note(change)
        if case .unknown = change.kind { process.readAgain(isUrgent: true) }
    }

    private func step(for sample: ThreadSample, of thread: ThreadIdentity, _ process: TrackedProcess) -> Step? {
        switch sample {
        case .unchanged(let time, let count, let end):
            return .countAgain(thread, process, since: time, run(of: count, endingAt: end))
        case .timed(let sample):
            if !process.pending.append(sample) { ledger.lose(.queueFull, count: sample.count) }
            return nil
        case .snapshot(let snapshot, let time):
            process.readAgain(isUrgent: false)
            let sample = TimedSample(snapshot: snapshot, thread: thread, time: time, weight: 1)
            return .unwind(Job(process: process, sample: sample, view: process.currentView, isRecent: true))
        }
    }

    private func take(_ steps: [Step]) {
        var outcomes = unwind(
            steps.compactMap { step in
                if case .unwind(let job) = step { job } else { nil }
            }
        ).makeIterator()
        for step in steps {
            switch step {
            case .unwind(let job): if let outcome = outcomes.next() { count(outcome, of: job) }
            case .countAgain(let thread, let process, let time, let run): countAgain(thread, process, time, run)
            }
        }
    }

    // MARK: - Unwinding

    /// The outcomes of jobs, in the same order.
    private func unwind(_ jobs: [Job]) -> [UnwindOutcome] {
        var outcomes = unwindOnce(jobs)
        let suspects = jobs.indices.filter { outcomes[$0].mayComeFromOldMap }
        var changed: Set<ObjectIdentifier> = []
        for process in Set(suspects.map { ObjectIdentifier(jobs[$0].process) }) {
            guard let index = suspects.first(where: { ObjectIdentifier(jobs[$0].process) == process }) else { continue }
            // Samples that are unwound by a timeline can't gain; the next ones do.
            let isUrgent = suspects.contains { jobs[$0].isRecent && ObjectIdentifier(jobs[$0].process) == process }
            if jobs[index].process.readAgain(isUrgent: isUrgent) { changed.insert(process) }
        }
        let retried = suspects.filter { jobs[$0].isRecent && changed.contains(ObjectIdentifier(jobs[$0].process)) }
        let again = retried.map { index in
            Job(process: jobs[index].process, sample: jobs[index].sample, view: jobs[index].process.currentView)
        }
        for (index, outcome) in zip(retried, unwindOnce(again)) { outcomes[index] = outcome }
        return outcomes
    }

    private func unwindOnce(_ jobs: [Job]) -> [UnwindOutcome] {
        var outcomes = jobs.map { $0.withoutWorker.map { UnwindOutcome.stack(UnwoundStack($0)) } }
        let open = jobs.indices.filter { outcomes[$0] == nil }
        for index in open { jobs[index].process.followPerfMap() }
        let requests = open.compactMap { index in
            jobs[index].view.map { view in
                UnwindRequest(
                    process: jobs[index].process.key, snapshot: jobs[index].sample.snapshot, map: view.map,
                    others: view.others, takenAt: jobs[index].sample.time)
            }
        }
        for (index, outcome) in zip(open, requests.isEmpty ? [] : worker.unwind(requests)) {
            if case .stack(let unwound) = outcome {
                let stack = unwound.stack.called(from: jobs[index].sample.snapshot.kernelStack)
                outcomes[index] = .stack(unwound.replacing(stack))
            } else {
                outcomes[index] = outcome
            }
        }
        return outcomes.map { $0 ?? .lost(.crashed) }
    }

    private func process(of context: ProcessContext) -> TrackedProcess {
        // It stays the context's alone, for the process keeps its context.
        if let known = processes[ObjectIdentifier(context)] { return known }
        let process = TrackedProcess(
            context, worker: worker, readsRuntimes: options.readsRuntimes, objects: objects,
            parent: context.parent.map(self.process))
        processes[ObjectIdentifier(context)] = process
        return process
    }

    // MARK: - Counting

    private func count(_ outcome: UnwindOutcome, of job: Job) {
        let sample = job.sample
        switch outcome {
        case .lost(let failure): ledger.lose(SampleLedger.Loss(failure), count: sample.count)
        case .stack(let unwound):
            copyMore(after: unwound, of: job)
            if let name = unwound.interpreterThread?.name { threadNames.name(sample.thread.thread, name) }
            let last = count(unwound, of: job)
            guard job.isRecent else { return }
            job.process.lastStacks[sample.thread.thread] = last
            if options.interruptsSleeping, unwound.stack.lacksRegisters(of: sample.snapshot) {
                job.process.context.noteIncompleteSleep(of: sample.snapshot.thread, readAt: sample.time)
            }
        }
    }

    /// Returns what is counted again while it lasts; `nil` where there was no room for the stack.
    private func count(_ unwound: UnwoundStack, of job: Job) -> LastStack? {
        let sample = job.sample
        if let outcome = unwound.interpreter { ledger.note(outcome, count: sample.count) }
        guard !options.keepsLockHoldersOnly || unwound.interpreter?.lock == .holds else {
            return LastStack(handle: nil, interpreter: unwound.interpreter, takenAt: sample.time)
        }
        let run = run(of: sample.count, endingAt: sample.time)
        let handle = counter.count(unwound.stack, of: sample.thread, run, weight: sample.weight)
        if handle == nil { ledger.lose(.tooManyStacks, count: sample.count) }
        countAway(sample)
        return handle.map { LastStack(handle: $0, interpreter: unwound.interpreter, takenAt: sample.time) }
    }

    /// Has more copied of a thread from now on if its stack goes on beyond what was copied; returns whether that is new.
    @discardableResult
    private func copyMore(after unwound: UnwoundStack, of job: Job) -> Bool {
        let (context, thread) = (job.process.context, job.sample.thread.thread)
        if let plan = unwound.sharedInterpreterPlan { context.share(plan) }
        let isPlanned = unwound.interpreterPlan.map { context.use($0, of: thread, seenAt: job.sample.time) } ?? false
        if let plan = unwound.plan { return context.add(plan, of: thread, seenAt: job.sample.time) || isPlanned }
        guard case .truncated(.beyondCopiedStack) = unwound.stack.ending else { return isPlanned }
        if !job.isRecent { context.noteDeepStack() }
        return context.widenStackWindow(of: thread) || isPlanned
    }

    /// Counts a thread's last stack again; one that was refused by the queue, or for which there was no room, is lost
    /// again.
    private func countAgain(
        _ thread: ThreadIdentity, _ process: TrackedProcess, _ time: MonotonicTime, _ run: SampleRuns.Run
    ) {
        guard let last = process.lastStacks[thread.thread], last.takenAt == time else {
            return ledger.lose(.lostBefore, count: Int(clamping: run.count))
        }
        if var handle = last.handle {
            if !counter.countAgain(&handle, run) { ledger.lose(.tooManyStacks, count: Int(clamping: run.count)) }
            last.handle = handle
        }
        if let outcome = last.interpreter { ledger.note(outcome, count: Int(clamping: run.count)) }
    }

    /// So many samples, of which the last was due at `end`.
    private func run(of count: Int, endingAt end: MonotonicTime) -> SampleRuns.Run {
        SampleRuns.Run(ticks: UInt64(clamping: count), endingAt: end.nanoseconds, period: options.periodNanoseconds)
    }

    private func countAway(_ sample: TimedSample) {
        guard sample.away > 0 else { return }
        away[sample.thread.thread, default: .init()].away &+= sample.away
        away[sample.thread.thread, default: .init()].weight &+= sample.weight
    }
}

extension TrackedProcess {
    /// The mappings as last read; `nil` where they were never read, as of a process that had ended before.
    fileprivate var currentView: AddressSpaceTimeline.View? {
        timeline.isEmpty ? nil : AddressSpaceTimeline.View(map: context.map, others: [])
    }
}

extension StackCollector.Job {
    /// The stack where nothing has to be unwound for it.
    fileprivate var withoutWorker: RawStack? {
        if let stack = sample.snapshot.kernelStackAlone { return stack }
        guard view == nil else { return nil }
        return RawStack(frames: [], ending: .truncated(.codeChanged(Address(rawValue: 0))))
    }
}

extension SampleLedger.Loss {
    init(_ failure: WorkerFailure) {
        switch failure {
        case .crashed: self = .workerCrashed
        case .timeout: self = .workerTimeout
        case .budgetExhausted: self = .failed
        }
    }
}

extension UnwindOutcome {
    /// Whether it would be so if code had been mapped since the mappings were read.
    fileprivate var mayComeFromOldMap: Bool {
        guard case .stack(let stack) = self else { return false }
        if let reason = stack.ending.truncation, reason.mayComeFromOldMap { return true }
        return stack.frames.contains { if case .unmapped = $0.location { true } else { false } }
    }
}

extension StackSnapshot {
    /// Of a thread that never leaves the kernel.
    init(ofKernelWorker thread: ThreadID, in process: ProcessID) {
        self.init(
            process: process, thread: thread, registers: NativeRegisters(),
            stack: StackWindow(base: Address(rawValue: 0), bytes: []))
    }

    /// The stack of a thread without registers of user space, which is in the kernel for good; `nil` of others.
    var kernelStackAlone: RawStack? {
        guard registers.programCounter == nil else { return nil }
        // What a thread that ends does in the kernel, nobody in user space has called.
        return kernelStack.isEmpty
            ? .kernelWorker : RawStack(frames: [], ending: .rootReached).called(from: kernelStack)
    }
}

extension RawStack {
    /// The stack with the kernel's functions above it that the thread was in.
    fileprivate func called(from kernelStack: [Address]) -> RawStack {
        guard let leaf = kernelStack.first else { return self }
        let addresses = [FrameAddress.programCounter(leaf)] + kernelStack.dropFirst().map(FrameAddress.returnAddress)
        let kernel = addresses.map { RawFrame(address: $0, location: .kernel($0.instruction)) }
        return RawStack(frames: kernel + frames, ending: ending)
    }

    /// Whether a stop of the thread would show how the stack goes on.
    fileprivate func lacksRegisters(of snapshot: StackSnapshot) -> Bool {
        guard case .truncated(.unknownRegister) = ending else { return false }
        return snapshot.registers.framePointer == nil
    }
}

extension TruncationReason {
    fileprivate var mayComeFromOldMap: Bool {
        switch self {
        case .noUnwindInformation, .implausibleReturnAddress, .unsupportedUnwindInformation, .unreadableMemory,
            .stackNotAscending:
            true
        case .frameLimit, .beyondCopiedStack, .otherStackNotCopied, .unknownRegister, .codeChanged,
            .parsingBudgetExhausted, .workLimit:
            false
        }
    }
}
