internal import Foundation
internal import ProcFS
internal import ProfileModel
internal import StackWorker
internal import SystemSupport
package import TargetProcess
package import WorkerControl
package import WorkerProtocol

/// Workers that are threads of the test's own process: it has other threads already, so that it can't be forked.
///
/// They do all that a worker process does, but give up no rights.
package final class ThreadWorkers: WorkerLauncher {
    package let area: SharedArea

    package init() throws {
        struct NoMemory: Error {}
        guard let area = SharedArea(capacity: 16 << 20) else { throw NoMemory() }
        self.area = area
    }

    package func launch() throws(WorkerLaunchError) -> LaunchedWorker {
        let area = area
        return try LaunchedWorker.onThread { channel in
            WorkerServer(channel: channel, area: area).run(as: WorkerConfinement.unrestricted)
        }
    }
}

extension LaunchedWorker {
    /// A process that is launched, on a thread of the test's own.
    ///
    /// - Parameter serve: is given its end of the channel.
    package static func onThread(
        _ serve: @escaping @Sendable (consuming MessageChannel) -> Void
    ) throws(WorkerLaunchError) -> LaunchedWorker {
        do throws(MessageChannel.Failure) {
            let (ours, theirs) = try MessageChannel.pair()
            Thread.detachNewThread { serve(MessageChannel(OwnedDescriptor(owning: theirs))) }
            return LaunchedWorker(
                channel: MessageChannel(OwnedDescriptor(owning: ours)), process: nil, previousEnd: nil)
        } catch {
            throw .silent
        }
    }
}

extension StackWorker {
    /// A worker on a thread.
    package static func onThread(objects: TracedObjects, frameLimit: Int = 512) throws -> StackWorker {
        let worker = StackWorker(
            try ThreadWorkers(), objects: objects, frameLimit: frameLimit, requiresConfinement: false)
        try worker.start()
        return worker
    }
}
