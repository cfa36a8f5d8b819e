internal import Dispatch

/// Runs an actor's jobs one after the other on a thread outside of the cooperative pool.
///
/// A read of `/proc` can block for as long as a process keeps its mmap lock; requests are answered meanwhile.
final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // Safe: every enqueued job is run once.
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
