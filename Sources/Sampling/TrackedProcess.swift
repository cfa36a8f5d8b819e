internal import ProcFS
internal import ProfileModel
internal import SystemSupport
internal import TargetProcess
internal import WorkerControl
internal import WorkerProtocol

/// A process whose samples are collected: what it had mapped at which time, by which its stacks are unwound.
///
/// Belongs to the collector's thread.
final class TrackedProcess {
    let context: ProcessContext
    /// What the worker knows the process by.
    let key: ProcessKey
    private let worker: StackWorker
    private let tracker: AddressSpaceTracker
    private var perfMap: PerfMapFollower
    /// When the mappings were read the last time.
    private var lastRead: MonotonicTime?
    private(set) var timeline: AddressSpaceTimeline
    var pending = PendingSamples()
    /// The last stack of each thread that was seen just then, to be counted again while it lasts.
    var lastStacks: [ThreadID: StackCollector.LastStack] = [:]
    /// How many mappings were copied to apply changes, since the last stacks were unwound.
    private var copiedMappings = 0
    /// A target that changes its mappings without end must not keep Sonde from its work.
    private static let copyLimit = 1 << 20
    /// Whether the mappings can't be read any more, because the process has ended.
    private(set) var isGone = false

    /// - Parameter parent: the process of its context's parent.
    init(
        _ context: ProcessContext, worker: StackWorker, readsRuntimes: Bool, objects: TracedObjects,
        parent: TrackedProcess? = nil
    ) {
        self.context = context
        self.worker = worker
        key = worker.register(readsRuntimes: readsRuntimes) { context.openMemory() }
        perfMap = PerfMapFollower(of: key, worker: worker, objects: objects)
        if let parent, let fork = context.forkTime {
            timeline = AddressSpaceTimeline(forkedFrom: parent.timeline, at: fork)
        } else {
            timeline = AddressSpaceTimeline()
        }
        tracker = AddressSpaceTracker(context: context, objects: objects, parent: parent?.tracker)
        if context.forkTime == nil { readAgain(isUrgent: true) }
    }

    deinit { worker.discard(key) }

    /// Reads the mappings if it is time to; returns whether they have changed.
    @discardableResult
    func readAgain(isUrgent: Bool) -> Bool {
        switch tracker.read(isUrgent: isUrgent) {
        case .notYet: return false
        case .failed:
            isGone = isGone || context.hasEnded
            return false
        case .unchanged(let times):
            lastRead = times.lowerBound
            timeline.read(context.map, at: times)
            return false
        case .changed(let map, let times):
            if map.program != context.map.program { noteExecution(until: times.upperBound) }
            lastRead = times.lowerBound
            context.map = map
            timeline.read(map, at: times)
            if !context.isWatched { evictMappings(before: times.lowerBound) }
            return true
        }
    }

    private func noteExecution(until end: MonotonicTime) {
        worker.reopenMemory(of: key)
        if let lastRead { perfMap.restart(between: lastRead...max(lastRead, end)) }
    }

    /// Names its generated code by the perf map that it writes.
    func followPerfMap() { perfMap.follow(context) }

    /// Those that the process has mapped, or had when samples that are still to be unwound were taken, and its perf map.
    var objects: Set<ObjectID> {
        timeline.objects.union(context.map.objects).union([perfMap.map].compactMap(\.self))
    }

    /// Evicts what is kept of other object files.
    func evictObjects(keeping used: Set<ObjectID>) { tracker.evictObjects(keeping: used) }

    /// Takes note of a change that the kernel has reported.
    func note(_ change: CodeChange) {
        switch change.kind {
        case .mapped(let entry): apply(entry, at: change.time)
        case .executed:
            timeline.execute(at: change.time)
            perfMap.restart(between: change.time...change.time)
        case .unknown: timeline.invalidate(since: change.time)
        }
    }

    private func apply(_ entry: MemoryMapping, at time: MonotonicTime) {
        copiedMappings += 1 + (timeline.newest?.ranges.count ?? 0)
        guard copiedMappings <= Self.copyLimit else { return timeline.invalidate(since: time) }
        timeline.map(tracker.range(entry), at: time)
    }

    /// So long, a process that was forked begins with what its parent had mapped then, in nanoseconds.
    private static let forkTime: UInt64 = 1_000_000_000

    /// Evicts mappings that no sample needs which comes after a time.
    func evictMappings(before horizon: MonotonicTime?) {
        guard let horizon else { return }
        let needed = min(horizon, pending.earliest ?? horizon).nanoseconds
        timeline.evict(before: MonotonicTime(nanoseconds: needed - min(needed, Self.forkTime)))
    }

    /// To be called from time to time: allows for as many changes again.
    func allowChanges() { copiedMappings = 0 }
}

extension MemoryMap {
    /// What execve(2) changes: the object file at the lowest address, as a rule the program, and where the vDSO is, which
    /// the kernel chooses anew.
    fileprivate var program: Program {
        let vdso = ranges.first { if case .vdso = $0.content { true } else { false } }
        return Program(file: ranges.lazy.compactMap(\.object).first, vdso: vdso?.start)
    }
}

/// What distinguishes the address space of one program from that of the next in the same process.
private struct Program: Equatable {
    let file: ObjectID?
    let vdso: Address?
}
