internal import ProcFS
internal import ProfileModel
internal import SystemSupport
internal import TargetProcess
internal import WorkerControl
internal import WorkerProtocol

/// Reads the tasks of the event loops in one process, again and again, while the process goes on.
///
/// Belongs to the thread that makes it.
final class TaskReader {
    private let tracked: TrackedProcess
    private let threads: ThreadTracker
    private let worker: StackWorker

    init(
        of process: ProcessID, procfs: ProcFS, worker: StackWorker, objects: TracedObjects
    ) throws(ProcFSError) {
        let context = try ProcessContext(of: process, in: procfs)
        threads = try ThreadTracker(
            of: context.directory, countsTimeslices: procfs.kernelCountsTimeslices, allowance: .nothing)
        tracked = TrackedProcess(context, worker: worker, readsRuntimes: true, objects: objects)
        self.worker = worker
    }

    var process: ProcessID { tracked.context.process }

    /// The `comm` of its main thread; `nil` when it has ended.
    var name: String? { (try? tracked.context.directory.stat())?.command }

    var hasEnded: Bool { tracked.isGone || tracked.context.hasEnded }

    /// Those that are not done; `nil` where the worker failed to read them.
    func tasks() -> RuntimeTasks? {
        tracked.readAgain(isUrgent: false)
        return worker.tasks(of: tracked.key, in: tracked.context.map, watching: threads)
    }
}

extension StackWorker {
    /// The tasks of the event loops in a process that are not done; `nil` where they could not be read.
    func tasks(of process: ProcessKey, in map: MemoryMap, watching threads: ThreadTracker) -> RuntimeTasks? {
        let before = threads.timeslicesOfSleepers()
        guard let tasks = tasks(of: process, in: map) else { return nil }
        // Without a thread that ran, no task can have gone on.
        return before != nil && before == threads.timeslicesOfSleepers() ? tasks.ofOneTime : tasks
    }
}

extension ThreadTracker {
    /// How often each thread was on a CPU; `nil` where one is, or the kernel doesn't count.
    func timeslicesOfSleepers() -> [ThreadID: UInt64]? {
        guard (try? refresh()) != nil else { return nil }
        var counts: [ThreadID: UInt64] = [:]
        for entry in ordered {
            guard case .asleep(let timeslices?) = activity(of: entry) else { return nil }
            counts[entry.id] = timeslices
        }
        return counts
    }
}
