internal import ProcFS
internal import Synchronization
internal import SystemSupport

/// A thread that reads the stacks of sleeping threads, and leaves running ones to events.
final class SleeperThread {
    private let worker: OwnedThread
    private let result: Result

    private final class Result: Sendable {
        let statistics = Mutex(SamplingStatistics())
    }

    /// `nil` when the system has no more threads.
    init?(
        options: SamplingOptions, procfs: ProcFS, contexts: [ProcessContext], queue: SampleEventQueue,
        control: SamplingControl
    ) {
        let result = Result()
        let worker = try? OwnedThread(name: "sonde-sleepers") {
            let sampler = Sampler(
                options: options, procfs: procfs, contexts: contexts, queue: queue, control: control,
                stopsRunning: false)
            let statistics = sampler.run { _ in false }
            result.statistics.withLock { $0 = statistics }
        }
        guard let worker else { return nil }
        self.worker = worker
        self.result = result
    }

    /// Waits until sampling has ended; to be called once.
    func finish() -> SamplingStatistics {
        worker.join()
        return result.statistics.withLock { $0 }
    }
}
