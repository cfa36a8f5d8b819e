internal import ObjectFiles
internal import ProfileModel
internal import TargetProcess
internal import Unwinding

/// Unwinds what the sampler saw and counts the stacks.
///
/// Lives on a thread of its own.
final class StackCollector {
    private let options: SamplingOptions
    private let store: ObjectFileStore
    private let tables = UnwindTableCache()
    /// By their contexts: a process has one for each of the samplers that found it.
    private var processes: [ObjectIdentifier: UnwoundProcess] = [:]
    private var counter = StackCounter()
    private var lastStacks: [ThreadID: LastStack] = [:]
    private(set) var losses: [SamplingStatistics.Loss: Int] = [:]

    /// The last stack of a thread, to be counted again while it lasts.
    private struct LastStack {
        let handle: StackCounter.Handle
        let takenAt: MonotonicTime
    }

    init(options: SamplingOptions, store: ObjectFileStore) {
        self.options = options
        self.store = store
    }

    /// Reads a process's address space, so that its first sample doesn't wait for it.
    func prepare(_ context: ProcessContext) { _ = process(of: context) }

    func collect(_ observations: [Observation]) {
        for observation in observations {
            guard let process = process(of: observation.context) else {
                losses[.failed, default: 0] += observation.sight.count
                continue
            }
            switch observation.sight {
            case .snapshot(let snapshot, let time):
                let stack = process.unwind(snapshot)
                count(stack, of: observation.thread, time)
                if options.interruptsSleeping, stack.lacksRegisters(of: snapshot) {
                    process.context.noteIncompleteSleep(of: snapshot.thread, readAt: time)
                }
            case .unchanged(let time, let count): countAgain(observation.thread, time, count)
            case .moment(let moment):
                if !process.waiting.append(moment) { losses[.queueFull, default: 0] += 1 }
            case .codeChanged(let change): process.note(change)
            case .reached(let time): count(process.unwindWaiting(upTo: time), in: process.context)
            case .ended:
                count(process.unwindWaiting(upTo: nil), in: process.context)
                processes[ObjectIdentifier(process.context)] = nil
            }
        }
    }

    /// To be called when nothing more will come.
    func finish() {
        for process in processes.values { count(process.unwindWaiting(upTo: nil), in: process.context) }
    }

    var stacks: [CollectedStack] { counter.collected }

    private func count(_ unwound: [(stack: RawStack, moment: SampledMoment)], in context: ProcessContext) {
        for (stack, moment) in unwound {
            if case .truncated(.beyondCopiedStack) = stack.ending {
                context.noteDeepStack()
                context.widenStackWindow(of: moment.thread.thread)
            }
            let handle = counter.count(stack, of: moment.thread, weight: moment.weight)
            if handle == nil { losses[.tooManyStacks, default: 0] += 1 }
        }
    }

    private func count(_ stack: RawStack, of thread: ThreadIdentity, _ time: MonotonicTime) {
        let handle = counter.count(stack, of: thread)
        lastStacks[thread.thread] = handle.map { LastStack(handle: $0, takenAt: time) }
        if handle == nil { losses[.tooManyStacks, default: 0] += 1 }
    }

    /// Counts a thread's last stack again; one that was refused by the queue, or for which there was no room, is lost
    /// again.
    private func countAgain(_ thread: ThreadIdentity, _ time: MonotonicTime, _ count: Int) {
        guard let last = lastStacks[thread.thread], last.takenAt == time else {
            losses[.lostBefore, default: 0] += count
            return
        }
        counter.countAgain(last.handle, times: count)
    }

    private func process(of context: ProcessContext) -> UnwoundProcess? {
        // It stays the context's alone, for the process keeps its context.
        if let known = processes[ObjectIdentifier(context)] { return known }
        let process = try? UnwoundProcess(
            context, tables: tables, store: store, frameLimit: options.frameLimit,
            parent: context.parent.flatMap(self.process))
        processes[ObjectIdentifier(context)] = process
        return process
    }
}

extension RawStack {
    /// Whether a stop of the thread would show how the stack goes on.
    fileprivate func lacksRegisters(of snapshot: StackSnapshot) -> Bool {
        guard case .truncated(.unknownRegister) = ending else { return false }
        return snapshot.registers[.rbp] == nil
    }
}
