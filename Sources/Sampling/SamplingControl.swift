internal import ProfileModel
internal import Synchronization
internal import SystemSupport

/// What a session keeps of its targets while it goes on; each of it ends with its process or thread, or with a drain.
package enum KeptThing: Sendable, CaseIterable {
    /// Processes that are sampled, by the samplers and by the collector.
    case sampledProcesses
    case collectedProcesses
    /// Threads that were found, and those whose names or off-CPU intervals are known.
    case threads
    case threadNames
    case threadsAway
    /// Frames of distinct stacks, and stacks that may be counted again.
    case frames
    case lastStacks
    case mappings
    case objects
}

/// What the thread that started a session and its other threads report to each other while they work.
final class SamplingControl: Sendable {
    private let stopFlag = Atomic<Bool>(false)
    /// Wakes samplers that wait for the kernel; `nil` without a descriptor to be had.
    private let stopEvent = try? EventDescriptor()
    private let endedFlag = Atomic<Bool>(false)
    private let sampleCount = Atomic<UInt64>(0)
    private let dueCount = Atomic<Int>(0)
    private let ledger = Mutex(SampleLedger())
    private let sampler: Mutex<SamplerReport>
    /// As many as the host can have at a time, at most: a thread that ends is removed.
    private let threads = Mutex<Set<ThreadID>>([])
    private let kept = Mutex<[KeptThing: Int]>([:])

    init(_ report: SamplerReport = SamplerReport(sampler: .ptrace, reason: .usual)) { sampler = Mutex(report) }

    var mustStop: Bool { stopFlag.load(ordering: .acquiring) }
    func stop() {
        stopFlag.store(true, ordering: .releasing)
        stopEvent?.signal()
    }

    /// Readable once sampling must stop; without it, samplers find that out when their waits end.
    var stopDescriptor: Int32? { stopEvent?.rawValue }

    /// Whether sampling has ended, because it was asked to or because no target is left.
    var hasEnded: Bool { endedFlag.load(ordering: .acquiring) }
    func end() { endedFlag.store(true, ordering: .releasing) }

    /// Who samples, and why.
    var report: SamplerReport {
        get { sampler.withLock { $0 } }
        set { sampler.withLock { $0 = newValue } }
    }

    // MARK: - Counts

    /// Adds what one of the threads has counted.
    func add(_ part: SampleLedger) {
        sampleCount.add(part.taken.total, ordering: .relaxed)
        ledger.withLock { $0.add(part) }
    }

    func lose(_ loss: SampleLedger.Loss) { ledger.withLock { $0.lose(loss) } }

    /// Gives out what was counted since the last call.
    func takeLedger() -> SampleLedger { ledger.withLock { $0.take() } }

    /// How many samples there are since the beginning, with those of sleeping threads that will be counted once they are
    /// polled again.
    var samples: Int {
        Int(clamping: sampleCount.load(ordering: .relaxed)) + dueCount.load(ordering: .relaxed)
    }

    /// Shows how many sleeping threads will be counted once they are polled again.
    func show(due: Int) { dueCount.store(due, ordering: .relaxed) }

    // MARK: - What is kept

    /// Whether no sampler has found the thread before.
    func isNew(_ thread: ThreadID) -> Bool { threads.withLock { $0.insert(thread).inserted } }

    /// Another thread can have the numbers from now on.
    func evict(_ ended: some Sequence<ThreadID>) { threads.withLock { $0.subtract(ended) } }

    /// Shows how much a thread keeps of some things.
    func show(kept counts: [KeptThing: Int]) { kept.withLock { $0.merge(counts) { $1 } } }

    var keptCounts: [KeptThing: Int] {
        kept.withLock { $0 }.merging([.threads: threads.withLock { $0.count }]) { $1 }
    }
}
