internal import Dispatch

/// Runs an actor's jobs one after the other on a thread outside of the cooperative pool.
///
/// A read of `/proc` can block for as long as a process keeps its mmap lock, and a write for as long as a disk hangs;
/// requests are answered meanwhile.
package final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    package init(label: String) { queue = DispatchQueue(label: label) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // Safe: every enqueued job is run once.
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}

/// An actor that blocks, on an executor of its own.
package protocol QueueActor: Actor {
    nonisolated var executor: QueueExecutor { get }
}

extension QueueActor {
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // Safe: the actor owns the executor.
        unsafe executor.asUnownedSerialExecutor()
    }
}
