internal import PerfEvents
internal import ProcFS
internal import ProfileModel
internal import SystemSupport

/// What a sampler hands to the collector.
enum SampleEvent: Sendable {
    /// Of one thread at one tick, or at several.
    case thread(ThreadIdentity, ThreadSample, in: ProcessContext)
    case process(ProcessContext, ProcessChange)
    /// How long threads were away from their CPUs beyond what their samples carry, in nanoseconds.
    case away([ThreadID: UInt64])

    /// What was read of a thread; `nil` when the event is another one.
    var sample: ThreadSample? {
        if case .thread(_, let sample, _) = self { sample } else { nil }
    }

    /// For how many samples it stands: none, when it isn't one of a thread.
    var sampleCount: Int { sample?.count ?? 0 }

    /// How many bytes of copied stack it holds.
    var stackBytes: Int { sample?.stackBytes ?? 0 }
}

/// Sample events in the order in which they occurred, which counts: a sleep that goes on refers to the thread's last stack.
///
/// Belongs to the sampler's thread.
final class SampleEventList {
    private var events: [SampleEvent] = []

    func append(_ event: SampleEvent) { events.append(event) }

    /// Gives out what was appended since the last call.
    func takeAll() -> [SampleEvent] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }
}

/// What was read of a thread.
enum ThreadSample: Sendable {
    /// A new stack.
    case snapshot(StackSnapshot, takenAt: MonotonicTime)
    /// At so many ticks, the last of them at `until`, the thread had run nothing since the snapshot of that time, which may
    /// have been lost.
    case unchanged(since: MonotonicTime, count: Int, until: MonotonicTime)
    /// A stack that was copied in passing, to be unwound once its time's mappings are known.
    case timed(TimedSample)

    var count: Int {
        switch self {
        case .snapshot: 1
        case .timed(let sample): sample.count
        case .unchanged(_, let count, _): count
        }
    }

    fileprivate var stackBytes: Int {
        switch self {
        case .snapshot(let snapshot, _): snapshot.byteCount
        case .timed(let sample): sample.snapshot.byteCount
        case .unchanged: 0
        }
    }
}

/// What became of a process.
enum ProcessChange: Sendable {
    /// Other code is mapped in it from then on.
    case code(CodeChange)
    /// All changes of its code up to that time have been reported.
    case reached(MonotonicTime)
    /// Nothing more will come of that thread.
    case threadEnded(ThreadID)
    /// Nothing more will come of it.
    case ended
}

/// A stack that was copied while its thread went on.
struct TimedSample: Sendable {
    let snapshot: StackSnapshot
    let thread: ThreadIdentity
    let time: MonotonicTime
    /// For how many samples it stands: one, and one for each earlier tick at which the thread had run nothing else.
    var count = 1
    /// What it counts for: the number of samples, or nanoseconds.
    let weight: UInt64
    /// How long the thread was away from its CPU since the sample before, in nanoseconds; 0 of a running one.
    var away: UInt64 = 0
}

/// A change of the code that a process has mapped, as the kernel reported it.
struct CodeChange: Sendable {
    enum Kind: Sendable {
        case mapped(MemoryMapping)
        /// Another program is executed, in an address space that is empty at first.
        case executed
        /// From then on, changes may have gone unreported.
        case unknown
    }

    let time: MonotonicTime
    let kind: Kind
}

extension PerfRecord {
    /// What it says of the code of its own process; `nil` where it says nothing.
    var codeChange: CodeChange? {
        let time = MonotonicTime(nanoseconds: time)
        switch content {
        case .mapped(let mapping): return CodeChange(time: time, kind: .mapped(mapping))
        case .named(_, isExecution: true): return CodeChange(time: time, kind: .executed)
        default: return nil
        }
    }
}
