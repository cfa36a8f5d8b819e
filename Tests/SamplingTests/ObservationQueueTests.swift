import Foundation
import ProcFS
import ProfileModel
import Testing

@testable import Sampling

@Suite struct ObservationQueueTests {
    private let context: ProcessContext

    init() throws { context = try ProcessContext(of: ProcessID(rawValue: getpid()), in: ProcFS()) }

    private func observation(_ thread: Int32, bytes: Int) -> Observation {
        let id = ThreadID(rawValue: thread)
        let snapshot = StackSnapshot(
            process: context.process, thread: id, registers: NativeRegisters(),
            stack: StackWindow(base: Address(rawValue: 0), bytes: Array(repeating: 0, count: bytes)))
        return Observation(
            context: context,
            thread: ThreadIdentity(process: context.process, thread: id, name: "", processName: ""),
            sight: .snapshot(snapshot, takenAt: MonotonicTime(nanoseconds: 0)))
    }

    @Test func `Keeps the order`() {
        let queue = ObservationQueue(byteLimit: 1 << 20)
        #expect(queue.append([observation(1, bytes: 10), observation(2, bytes: 10)]) == 0)
        #expect(queue.append([observation(3, bytes: 10)]) == 0)
        #expect(queue.takeAll()?.map(\.thread.thread.rawValue) == [1, 2, 3])
    }

    @Test func `Refuses what doesn't fit and takes it again once there is room`() {
        let queue = ObservationQueue(byteLimit: 100_000)
        #expect(queue.append((1...5).map { observation($0, bytes: 30_000) }) == 2)
        #expect(queue.append([observation(6, bytes: 1000)]) == 0)
        #expect(queue.takeAll()?.map(\.thread.thread.rawValue) == [1, 2, 3, 6])
        #expect(queue.append([observation(7, bytes: 30_000)]) == 0)
    }

    @Test func `Ends when it is closed and empty`() {
        let queue = ObservationQueue(byteLimit: 100_000)
        _ = queue.append([observation(1, bytes: 10)])
        queue.close()
        #expect(queue.takeAll()?.count == 1)
        #expect(queue.takeAll() == nil)
    }

    @Test func `Wakes the thread that waits`() throws {
        let queue = ObservationQueue(byteLimit: 1 << 20)
        let received = OneTimeEvent()
        let reader = try WorkerThread {
            var count = 0
            while let batch = queue.takeAll() { count += batch.count }
            if count == 1000 { received.signal() }
        }
        for number: Int32 in 1...1000 { #expect(queue.append([observation(number, bytes: 10)]) == 0) }
        queue.close()
        reader.join()
        received.wait()
    }
}
