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
    private var processes: [ProcessID: UnwoundProcess] = [:]
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
            case .snapshot(let snapshot, let time): count(process.unwind(snapshot), of: observation.thread, time)
            case .unchanged(let time, let count): countAgain(observation.thread, time, count)
            }
        }
    }

    var stacks: [CollectedStack] { counter.collected }

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
        if let known = processes[context.process], known.context === context { return known }
        let process = try? UnwoundProcess(context, tables: tables, store: store, frameLimit: options.frameLimit)
        processes[context.process] = process
        return process
    }
}

/// The unwinder of one process, kept up to date with its address space.
private final class UnwoundProcess {
    let context: ProcessContext
    private let unwinder: Unwinder
    private let tracker: AddressSpaceTracker

    init(
        _ context: ProcessContext, tables: UnwindTableCache, store: ObjectFileStore, frameLimit: Int
    ) throws(UnwinderError) {
        self.context = context
        tracker = AddressSpaceTracker(context: context, store: store)
        unwinder = try Unwinder(addressSpace: AddressSpaceMap([]), tables: tables, frameLimit: frameLimit)
        _ = refresh(isUrgent: true)
    }

    func unwind(_ snapshot: StackSnapshot) -> RawStack {
        _ = refresh(isUrgent: false)
        let stack = unwinder.unwind(snapshot, generatedCode: context.memory)
        if case .truncated(.beyondCopiedStack) = stack.ending { context.widenStackWindow(of: snapshot.thread) }
        guard stack.mayComeFromOldMap, refresh(isUrgent: true) else { return stack }
        return unwinder.unwind(snapshot, generatedCode: context.memory)
    }

    /// Whether the address space had changed.
    private func refresh(isUrgent: Bool) -> Bool {
        guard let map = tracker.changes(isUrgent: isUrgent) else { return false }
        context.map = map
        unwinder.addressSpace = map
        return true
    }
}

extension TargetMemory: CodeReader {}

extension RawStack {
    /// Whether it would look so if code had been mapped since the mappings were read.
    fileprivate var mayComeFromOldMap: Bool {
        if let reason = ending.truncation, reason.mayComeFromOldMap { return true }
        return frames.contains { if case .unmapped = $0.location { true } else { false } }
    }
}

extension TruncationReason {
    fileprivate var mayComeFromOldMap: Bool {
        switch self {
        case .noUnwindInformation, .implausibleReturnAddress, .unsupportedUnwindInformation, .unreadableMemory,
            .stackNotAscending:
            true
        case .frameLimit, .beyondCopiedStack, .unknownRegister: false
        }
    }
}
