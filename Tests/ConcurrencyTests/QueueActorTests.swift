import SystemSupport
import Dispatch
import Foundation
import Testing

@Suite struct QueueActorTests {
    private actor Blocking: QueueActor {
        nonisolated let executor = QueueExecutor(label: "test")

        func wait(for semaphore: DispatchSemaphore, _ entered: DispatchSemaphore) {
            entered.signal()
            block(semaphore)
        }

        private func block(_ semaphore: DispatchSemaphore) { semaphore.wait() }
    }

    @Test(.timeLimit(.minutes(1))) func actorsThatBlockLeaveTheOthersTheirThreads() async {
        let count = 4 * ProcessInfo.processInfo.activeProcessorCount
        let (entered, released) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let blocked = (0..<count).map { _ in Task { await Blocking().wait(for: released, entered) } }
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                for _ in 0..<count { entered.wait() }
                continuation.resume()
            }
        }
        #expect(await Task { 1 }.value == 1)
        for _ in 0..<count { released.signal() }
        for task in blocked { await task.value }
    }
}
