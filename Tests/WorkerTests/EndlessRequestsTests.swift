import ProfileModel
import Synchronization
import TargetProcess
import Testing
import WorkerControl
import WorkerSupport

@testable import WorkerProtocol

/// A worker that was taken over.
@Suite struct EndlessRequestsTests {
    /// It answers everything by asking for debug files.
    private final class Asking: WorkerLauncher {
        let area: SharedArea
        let launches = Atomic<Int>(0)

        init() throws { area = try #require(SharedArea(capacity: 4096)) }

        func launch() throws(WorkerLaunchError) -> LaunchedWorker {
            launches.add(1, ordering: .relaxed)
            return try LaunchedWorker.onThread { Self.serve($0) }
        }

        private static func serve(_ channel: consuming MessageChannel) {
            let state = WorkerState(
                user: 65534, hasNoCapabilities: true, hasNoNewPrivileges: true, filtersSystemCalls: true,
                hasLandlock: true)
            let request = WorkerReply.debugFile(ObjectID(rawValue: 1), .path("/x"), index: 0)
            try? channel.send(WorkerReply.ready(state).bytes)
            while (try? channel.receive()) != nil, (try? channel.send(request.bytes)) != nil {}
        }
    }

    @Test func `A worker that asks for debug files without end is replaced`() throws {
        let launcher = try Asking()
        let worker = StackWorker(
            launcher, objects: TracedObjects(), frameLimit: 8, requiresConfinement: false)
        try worker.start()
        #expect(worker.summary(of: ObjectID(rawValue: 1)) == nil)
        #expect(launcher.launches.load(ordering: .relaxed) == 2)
    }
}
