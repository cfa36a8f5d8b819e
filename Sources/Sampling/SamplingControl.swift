internal import Synchronization

/// What the thread that started a session and its other threads report to each other while they work.
final class SamplingControl: Sendable {
    private let stopFlag = Atomic<Bool>(false)
    private let stoppingCount = Atomic<Int>(0)
    private let eventCount = Atomic<Int>(0)
    private let endedFlag = Atomic<Bool>(false)

    var mustStop: Bool { stopFlag.load(ordering: .acquiring) }
    func stop() { stopFlag.store(true, ordering: .releasing) }

    var samples: Int { stoppingCount.load(ordering: .relaxed) + eventCount.load(ordering: .relaxed) }

    /// Shows how many samples a sampler has; the other one may have some too, before it or beside it.
    func publish(samples: Int, of sampler: SamplerKind) {
        switch sampler {
        case .ptrace: stoppingCount.store(samples, ordering: .relaxed)
        case .perf: eventCount.store(samples, ordering: .relaxed)
        }
    }

    /// Whether sampling has ended, because it was asked to or because no target is left.
    var hasEnded: Bool { endedFlag.load(ordering: .acquiring) }
    func end() { endedFlag.store(true, ordering: .releasing) }
}
