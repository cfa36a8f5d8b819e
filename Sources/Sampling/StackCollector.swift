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
    /// By their contexts: a process has one for each of the samplers that found it.
    private var processes: [ObjectIdentifier: TrackedProcess] = [:]
    private var counter = StackCounter()
    private var lastStacks: [ThreadID: LastStack] = [:]
    private(set) var losses: [SamplingStatistics.Loss: Int] = [:]

    /// The last stack of a thread, to be counted again while it lasts.
    private struct LastStack {
        let handle: StackCounter.Handle
        let takenAt: MonotonicTime
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
        case countAgain(ThreadIdentity, since: MonotonicTime, count: Int)
    }

    init(options: SamplingOptions, worker: StackWorker, objects: TracedObjects) {
        self.options = options
        self.worker = worker
        self.objects = objects
    }

    /// Reads a process's address space, so that its first sample doesn't wait for it.
    func prepare(_ context: ProcessContext) { _ = process(of: context) }

    func collect(_ events: [SampleEvent]) { take(events.flatMap(steps)) }

    /// To be called when nothing more will come.
    func finish() {
        take(processes.values.flatMap { $0.takePending(upTo: nil) }.map(Step.unwind))
    }

    var stacks: [CollectedStack] { counter.collected }

    private func steps(for event: SampleEvent) -> [Step] {
        let process = process(of: event.context)
        switch event {
        case .thread(let thread, let sample, _): return step(for: sample, of: thread, process).map { [$0] } ?? []
        case .process(_, .code(let change)): process.note(change)
        case .process(_, .reached(let time)): return process.takePending(upTo: time).map(Step.unwind)
        case .process(_, .ended):
            processes[ObjectIdentifier(process.context)] = nil
            return process.takePending(upTo: nil).map(Step.unwind)
        }
        return []
    }

    private func step(for sample: ThreadSample, of thread: ThreadIdentity, _ process: TrackedProcess) -> Step? {
        switch sample {
        case .unchanged(let time, let count): return .countAgain(thread, since: time, count: count)
        case .timed(let sample):
            if !process.pending.append(sample) { lose(.queueFull) }
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
            case .countAgain(let thread, let time, let count): countAgain(thread, time, count)
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
        var outcomes = jobs.map { $0.withoutWorker.map(UnwindOutcome.stack) }
        let open = jobs.indices.filter { outcomes[$0] == nil }
        let requests = open.compactMap { index in
            jobs[index].view.map { view in
                UnwindRequest(
                    process: jobs[index].process.key, snapshot: jobs[index].sample.snapshot, map: view.map,
                    others: view.others)
            }
        }
        for (index, outcome) in zip(open, requests.isEmpty ? [] : worker.unwind(requests)) {
            if case .stack(let stack) = outcome {
                outcomes[index] = .stack(stack.called(from: jobs[index].sample.snapshot.kernelStack))
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
            context, worker: worker, objects: objects, parent: context.parent.map(self.process))
        processes[ObjectIdentifier(context)] = process
        return process
    }

    // MARK: - Counting

    private func lose(_ loss: SamplingStatistics.Loss, count: Int = 1) { losses[loss, default: 0] += count }

    private func count(_ outcome: UnwindOutcome, of job: Job) {
        let sample = job.sample
        switch outcome {
        case .lost(let failure): lose(SamplingStatistics.Loss(failure))
        case .stack(let stack):
            if case .truncated(.beyondCopiedStack) = stack.ending {
                if !job.isRecent { job.process.context.noteDeepStack() }
                job.process.context.widenStackWindow(of: sample.thread.thread)
            }
            let handle = counter.count(stack, of: sample.thread, weight: sample.weight)
            if handle == nil { lose(.tooManyStacks) }
            guard job.isRecent else { return }
            lastStacks[sample.thread.thread] = handle.map { LastStack(handle: $0, takenAt: sample.time) }
            if options.interruptsSleeping, stack.lacksRegisters(of: sample.snapshot) {
                job.process.context.noteIncompleteSleep(of: sample.snapshot.thread, readAt: sample.time)
            }
        }
    }

    /// Counts a thread's last stack again; one that was refused by the queue, or for which there was no room, is lost
    /// again.
    private func countAgain(_ thread: ThreadIdentity, _ time: MonotonicTime, _ count: Int) {
        guard let last = lastStacks[thread.thread], last.takenAt == time else {
            return lose(.lostBefore, count: count)
        }
        counter.countAgain(last.handle, times: count)
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
        // What a thread that ends does in the kernel, nobody in user space has called.
        if sample.snapshot.registers.programCounter == nil, !sample.snapshot.kernelStack.isEmpty {
            return RawStack(frames: [], ending: .rootReached).called(from: sample.snapshot.kernelStack)
        }
        guard view == nil else { return nil }
        return RawStack(frames: [], ending: .truncated(.codeChanged(Address(rawValue: 0))))
    }
}

extension SamplingStatistics.Loss {
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
        case .frameLimit, .beyondCopiedStack, .unknownRegister, .codeChanged: false
        }
    }
}
