import Foundation
import ProcFS
import ProfileModel
import SystemSupport
import Testing

@testable import Sampling

@Suite struct SampleEventQueueTests {
    private let context: ProcessContext

    init() throws { context = try ProcessContext(of: ProcessID(rawValue: getpid()), in: ProcFS()) }

    /// - Parameter time: of a sample that is to be unwound by what was mapped then; `nil` of one that is unwound at once.
    private func event(_ thread: Int32, bytes: Int, takenAt time: MonotonicTime? = nil) -> SampleEvent {
        let id = ThreadID(rawValue: thread)
        let snapshot = StackSnapshot(
            process: context.process, thread: id, registers: NativeRegisters(),
            stack: StackWindow(base: Address(rawValue: 0), bytes: Array(repeating: 0, count: bytes)))
        let identity = ThreadIdentity(process: context.process, thread: id, name: "", processName: "")
        guard let time else {
            return .thread(identity, .snapshot(snapshot, takenAt: MonotonicTime(nanoseconds: 0)), in: context)
        }
        return .thread(
            identity, .timed(TimedSample(snapshot: snapshot, thread: identity, time: time, weight: 1)), in: context)
    }

    private func threads(_ events: [SampleEvent]?) -> [Int32]? {
        events?.compactMap { event in
            if case .thread(let thread, _, _) = event { thread.thread.rawValue } else { nil }
        }
    }

    @Test func `Keeps the order`() {
        let queue = SampleEventQueue(byteLimit: 1 << 20)
        #expect(queue.append([event(1, bytes: 10), event(2, bytes: 10)]) == 0)
        #expect(queue.append([event(3, bytes: 10)]) == 0)
        #expect(threads(queue.takeAll()?.events) == [1, 2, 3])
    }

    @Test func `Refuses what doesn't fit and takes it again once there is room`() {
        let queue = SampleEventQueue(byteLimit: 100_000)
        #expect(queue.append((1...5).map { event($0, bytes: 30_000) }) == 2)
        #expect(queue.append([event(6, bytes: 1000)]) == 0)
        #expect(threads(queue.takeAll()?.events) == [1, 2, 3, 6])
        #expect(queue.append([event(7, bytes: 30_000)]) == 0)
    }

    @Test func `Of changes of code for which there is no room, it tells once that there were some`() {
        let queue = SampleEventQueue(byteLimit: 10_000)
        let changes = (1...1000).map { time in
            SampleEvent.process(
                context, .code(CodeChange(time: MonotonicTime(nanoseconds: UInt64(time)), kind: .executed)))
        }
        for _ in 1...2 {
            #expect(queue.append(changes) == 0)
            let kinds = queue.takeAll()?.events.map { event in
                if case .process(_, .code(let change)) = event, case .unknown = change.kind { true } else { false }
            }
            #expect(kinds?.count { $0 } == 1 && kinds?.last == true)
            #expect((kinds?.count ?? 0) <= 20)
        }
    }

    @Test func `Ends when it is closed and empty`() {
        let queue = SampleEventQueue(byteLimit: 100_000)
        _ = queue.append([event(1, bytes: 10)])
        queue.close()
        #expect(queue.takeAll()?.events.count == 1)
        let rest = queue.takeAll()
        #expect(rest == nil)
    }

    @Test func `Wakes the thread that waits`() throws {
        let queue = SampleEventQueue(byteLimit: 1 << 20)
        let received = OneTimeEvent()
        let reader = try OwnedThread(name: "reader") {
            var count = 0
            while let batch = queue.takeAll() { count += batch.events.count }
            if count == 1000 { received.signal() }
        }
        for number: Int32 in 1...1000 { #expect(queue.append([event(number, bytes: 10)]) == 0) }
        queue.close()
        reader.join()
        received.wait()
    }

    @Test func `Samples that wait for reports of changes wake nobody until the reports come`() throws {
        context.isWatched = true
        let queue = SampleEventQueue(byteLimit: 1 << 20)
        let batches = Monitor<[Int]>([])
        let reader = try OwnedThread(name: "reader") {
            while let batch = queue.takeAll() { batches.change { $0.append(batch.events.count) } }
        }
        let time = MonotonicTime(nanoseconds: 1)
        for number: Int32 in 1...100 { #expect(queue.append([event(number, bytes: 10, takenAt: time)]) == 0) }
        #expect(queue.append([.process(context, .reached(time))]) == 0)
        let first = batches.wait(until: .now.advanced(by: .seconds(60))) { $0.first }
        #expect(first == 101)
        queue.close()
        reader.join()
    }

    @Test func `Samples of a process whose mappings nobody reports are due at once`() {
        let queue = SampleEventQueue(byteLimit: 1 << 20)
        #expect(queue.append([event(1, bytes: 10, takenAt: MonotonicTime(nanoseconds: 1))]) == 0)
        #expect(threads(queue.takeAll()?.events) == [1])
    }

    @Test func `So many bytes that others might be refused are due at once`() {
        context.isWatched = true
        let queue = SampleEventQueue(byteLimit: 100_000)
        #expect(queue.append([event(1, bytes: 30_000, takenAt: MonotonicTime(nanoseconds: 1))]) == 0)
        #expect(threads(queue.takeAll()?.events) == [1])
    }

    @Test func `A request to drain is handed over with what was there before it`() {
        let queue = SampleEventQueue(byteLimit: 1 << 20)
        _ = queue.append([event(1, bytes: 10)])
        #expect(queue.requestDrain() == 1)
        let first = queue.takeAll()
        #expect(threads(first?.events) == [1] && first?.drains == 1)
        #expect(queue.requestDrain() == 2)
        let second = queue.takeAll()
        #expect(second?.events.isEmpty == true && second?.drains == 2)
    }
}
