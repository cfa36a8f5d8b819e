internal import ProcFS
internal import ProfileModel
internal import Synchronization
internal import SystemSupport
internal import TargetProcess

/// Stacks of threads that run before the first tick, which show how much to copy of them, and from where.
///
/// They are not counted.
enum StackPreview {
    /// Of more running threads, the first samples have to show it.
    private static let threadLimit = 16
    /// How long a thread may take to stop, in nanoseconds.
    private static let timeout: UInt64 = 10_000_000

    /// Stops threads that run, each once.
    ///
    /// A thread of Sonde's own does it: what doesn't stop in time is let go by the kernel when that thread ends (ptrace(2)).
    ///
    /// - Parameter chosen: leaves out others; `nil` for a few of all.
    static func read(_ context: ProcessContext, only chosen: Set<ThreadID>?) -> [TimedSample] {
        let samples = Mutex<[TimedSample]>([])
        let reader = try? OwnedThread(name: "sonde-preview") {
            samples.withLock { $0 = stop(chosen, of: context) }
        }
        reader?.join()
        return samples.withLock { $0 }
    }

    private static func stop(_ chosen: Set<ThreadID>?, of context: ProcessContext) -> [TimedSample] {
        let tracker = try? ThreadTracker(of: context.directory, countsTimeslices: false, allowance: .nothing)
        guard let tracker, (try? tracker.refresh()) != nil else { return [] }
        let running = tracker.ordered.lazy.filter { entry in
            guard chosen?.contains(entry.id) ?? true, case .running = tracker.activity(of: entry) else { return false }
            return !entry.isKernelWorker
        }
        let reader = RunningStackReader(source: LiveThreads(), copier: StackCopier())
        for entry in running.prefix(threadLimit) {
            let thread = ThreadIdentity(process: context.process, thread: entry.id, name: entry.name, processName: "")
            reader.sample(
                SampleCandidate(context: context, entry: entry, thread: thread, presence: .any, mayWait: false))
            reader.collect(within: timeout)
            reader.giveUp()
        }
        return reader.takeEvents().compactMap { event in
            guard case .thread(let thread, .snapshot(let snapshot, let time), _) = event else { return nil }
            return TimedSample(snapshot: snapshot, thread: thread, time: time, weight: 0)
        }
    }
}
