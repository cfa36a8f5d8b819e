internal import ProcFS
internal import SystemSupport
package import WorkerProtocol

/// Starts workers, one after the other: another one when the last has ended.
package protocol WorkerLauncher: Sendable {
    /// The memory that all of its workers share with the tracer.
    var area: SharedArea { get }

    /// A worker that has not yet said that it is ready.
    func launch() throws(WorkerLaunchError) -> LaunchedWorker
}

package struct LaunchedWorker: ~Copyable {
    package let channel: MessageChannel
    /// The worker as a process; `nil` where it is a thread of this one.
    package let process: WorkerProcess?
    /// How the worker before it ended.
    package let previousEnd: WorkerEnd?

    package init(channel: consuming MessageChannel, process: WorkerProcess?, previousEnd: WorkerEnd?) {
        self.channel = channel
        self.process = process
        self.previousEnd = previousEnd
    }

    /// For who needs nothing else of it.
    package consuming func takeChannel() -> MessageChannel { channel }
}

/// How a worker ended.
package enum WorkerEnd: Hashable, Sendable {
    case exited
    case signal(Int32)
}

/// Why there is no worker.
package enum WorkerLaunchError: Error, Hashable, Sendable {
    case outOfMemory
    case system(call: String, errno: Int32)
    /// The worker couldn't restrict itself.
    case notConfined(reason: String)
    /// It didn't say in time that it is ready.
    case silent
    /// It ended, or was stopped, before it was ready; the one before it had ended so.
    case ended(previous: WorkerEnd?)
}

extension WorkerLaunchError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .outOfMemory: "there is no memory for the worker process; free some, or raise the limit (ulimit -v)"
        case .system(let call, let number): "the worker process can't be started: \(call): \(errorText(number))"
        case .notConfined(let reason):
            "the worker process can't be confined: \(reason). It reads what targets wrote, so that Sonde doesn't start "
                + "without; --unconfined-worker does, at your own risk"
        case .silent: "the worker process did not start in time; is the machine overloaded?"
        case .ended: "the worker process ended before it was ready; does something kill it?"
        }
    }
}
