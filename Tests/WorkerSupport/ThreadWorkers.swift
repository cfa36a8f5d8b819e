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
        do throws(MessageChannel.Failure) {
            let (ours, theirs) = try MessageChannel.pair()
            let area = area
            Thread.detachNewThread {
                let channel = MessageChannel(OwnedDescriptor(owning: theirs))
                WorkerServer(channel: channel, area: area).run(as: WorkerConfinement.unrestricted)
            }
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
