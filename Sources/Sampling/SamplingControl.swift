internal import Synchronization

/// What the thread that started a session tells its other threads, and what they tell it while they work.
final class SamplingControl: Sendable {
    private let stopFlag = Atomic<Bool>(false)
    private let sampleCount = Atomic<Int>(0)
    private let endedFlag = Atomic<Bool>(false)

    var mustStop: Bool { stopFlag.load(ordering: .acquiring) }
    func stop() { stopFlag.store(true, ordering: .releasing) }

    var samples: Int { sampleCount.load(ordering: .relaxed) }
    func publish(samples: Int) { sampleCount.store(samples, ordering: .relaxed) }

    /// Whether sampling has ended, because it was told to or because no target is left.
    var hasEnded: Bool { endedFlag.load(ordering: .acquiring) }
    func end() { endedFlag.store(true, ordering: .releasing) }
}
