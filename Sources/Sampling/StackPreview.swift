internal import ProcFS
internal import ProfileModel
internal import SystemSupport
internal import TargetProcess

/// Stacks of threads that run before the first tick, which show how much to copy of them, and from where.
///
/// They are not counted, but the stops are.
struct StackPreview: Sendable {
    private(set) var samples: [TimedSample] = []
    private(set) var stops = StopDurations()

    /// Of more running threads, the first samples have to show it.
    private static let threadLimit = 16
    /// How long a thread may take to stop, in nanoseconds.
    private static let timeout: UInt64 = 10_000_000

    /// Stops threads that run, each once; `nil` where a target keeps its stack from being read.
    ///
    /// A thread of Sonde's own does it: what doesn't stop in time is let go by the kernel when that thread ends (ptrace(2)).
    ///
    /// - Parameters:
    ///   - chosen: leaves out others; `nil` for a few of all.
    ///   - deadline: no thread is stopped after it.
    static func read(
        _ context: ProcessContext, only chosen: Set<ThreadID>?, until deadline: MonotonicTime
    ) -> StackPreview? {
        let result = Monitor<StackPreview?>(nil)
        let reader = try? OwnedThread(name: "sonde-preview") {
            SamplerPriority.raise()
            let preview = StackPreview(of: chosen, in: context, until: deadline)
            result.change { $0 = preview }
        }
        guard let reader,
            let preview = result.wait(until: deadline.advanced(by: Self.largestDelay), for: { $0 })
        else { return nil }
        reader.join()
        return preview
    }

    /// The stops and copies that may still be under way at the deadline, in nanoseconds.
    private static let largestDelay: UInt64 = 500_000_000

    private init(of chosen: Set<ThreadID>?, in context: ProcessContext, until deadline: MonotonicTime) {
        let tracker = try? ThreadTracker(of: context.directory, countsTimeslices: false, allowance: .nothing)
        guard let tracker, (try? tracker.refresh()) != nil else { return }
        let reader = RunningStackReader(source: LiveThreads(), copier: StackCopier())
        var left = Self.threadLimit
        for entry in tracker.ordered where chosen?.contains(entry.id) ?? true {
            guard left > 0, MonotonicTime.now < deadline else { break }
            guard case .running = tracker.activity(of: entry), !entry.isKernelWorker else { continue }
            left -= 1
            let thread = ThreadIdentity(process: context.process, thread: entry.id, name: entry.name, processName: "")
            reader.sample(
                SampleCandidate(context: context, entry: entry, thread: thread, presence: .any, mayWait: false))
            reader.collect(within: Self.timeout)
            // It would stay stopped while others are read.
            if reader.isWaiting { break }
        }
        reader.giveUp()
        samples = reader.takeEvents().compactMap { event in
            guard case .thread(let thread, .snapshot(let snapshot, let time), _) = event else { return nil }
            return TimedSample(snapshot: snapshot, thread: thread, time: time, weight: 0)
        }
        stops = reader.takeLedger().stopDurations
    }
}
