internal import PerfEvents
internal import ProcFS
internal import ProfileModel
internal import Synchronization
internal import SystemSupport

/// Hands on what the kernel reports of changes in the code that processes have mapped.
///
/// A library can be replaced by one of the same size between the time of a sample and the next reading of
/// `/proc/PID/maps`; only the kernel's reports, which bear times, say whose code a stack was in. No thread of a target
/// needs an event for it: it takes one on each CPU.
final class CodeWatch {
    private static let ringMemory = 4 << 20

    private let rings: PerfRings
    private let events: [PerfEvent]
    private let contexts: [ProcessID: ProcessContext]
    private let queue: SampleEventQueue
    private var order = RecordOrder()

    /// Watches from now on.
    ///
    /// - Throws: when the kernel doesn't permit it; then the mappings' size and the processes' page faults have to do.
    init(of contexts: [ProcessContext], queue: SampleEventQueue) throws(PerfEventError) {
        rings = try PerfRings(memoryLimit: Self.ringMemory)
        events = try rings.open(
            PerfEvent.Request(kind: .changes, inheritance: .nobody, stackBytes: 0, excludesKernel: true), of: nil)
        self.contexts = Dictionary(contexts.map { ($0.process, $0) }) { first, _ in first }
        self.queue = queue
        for context in contexts {
            context.isWatched = true
            report(.code(CodeChange(time: .now, kind: .unknown)), of: context)
        }
    }

    /// Waits for reports, at most so long.
    func wait(milliseconds: Int32, or stop: Int32?) { rings.wait(milliseconds: milliseconds, or: stop) }

    /// Hands on what was reported since the last call; at the end, all that there is.
    func poll(isLast: Bool = false) {
        let readAt = MonotonicTime.now
        // Whatever is no record belongs to nobody.
        _ = rings.drain { order.add($0) }
        let (records, horizon) = isLast ? order.takeAll() : order.take(readAt: readAt)
        for record in records { handle(record) }
        for context in contexts.values { report(.reached(horizon), of: context) }
    }

    private func handle(_ record: PerfRecord) {
        if let change = record.codeChange, let context = contexts[record.process] {
            report(.code(change), of: context)
        }
        guard case .lost = record.content else { return }
        let gap = CodeChange(time: MonotonicTime(nanoseconds: record.time), kind: .unknown)
        for context in contexts.values { report(.code(gap), of: context) }
    }

    private func report(_ change: ProcessChange, of context: ProcessContext) {
        _ = queue.append([.process(context, change)])
    }
}

/// A thread that watches for changes of code while others sample.
final class CodeWatchThread {
    private static let interval: Int32 = 50

    private let worker: OwnedThread
    private let control: SamplingControl

    private final class Beginning: Sendable {
        let isPermitted = Atomic<Bool>(false)
        let isDecided = OneTimeEvent()
    }

    /// `nil` when it is not permitted, or the system has no more threads.
    init?(of contexts: [ProcessContext], queue: SampleEventQueue) {
        let (beginning, control) = (Beginning(), SamplingControl())
        let worker = try? OwnedThread(name: "sonde-changes") {
            guard let watch = try? CodeWatch(of: contexts, queue: queue) else { return beginning.isDecided.signal() }
            beginning.isPermitted.store(true, ordering: .releasing)
            beginning.isDecided.signal()
            while !control.mustStop {
                watch.wait(milliseconds: Self.interval, or: control.stopDescriptor)
                watch.poll()
            }
            watch.poll(isLast: true)
        }
        guard let worker else { return nil }
        beginning.isDecided.wait()
        guard beginning.isPermitted.load(ordering: .acquiring) else {
            worker.join()
            return nil
        }
        self.worker = worker
        self.control = control
    }

    /// Hands on all that was reported until now; to be called once.
    func finish() {
        control.stop()
        worker.join()
    }
}
