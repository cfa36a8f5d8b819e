import AgentServer
import Dispatch
import Synchronization
import SystemSupport
import Testing

struct WorkQueueTests {
    @Test("One piece is done at a time, so many wait, and more are refused at once")
    func bounded() async throws {
        let queue = WorkQueue(label: "test", maximumPending: 4)
        let gate = DispatchSemaphore(value: 0)
        let (refusals, refuse) = AsyncStream.makeStream(of: Void.self)
        let (current, most) = (Counter(), Counter())
        let results = try await withThrowingTaskGroup(of: Int?.self) { tasks in
            for number in 0..<20 {
                tasks.addTask {
                    do {
                        return try await queue.run {
                            most.raise(to: current.add(1))
                            gate.wait()
                            current.add(-1)
                            return number
                        }
                    } catch {
                        refuse.yield()
                        return nil
                    }
                }
            }
            // None of the others ends before the gate opens.
            var iterator = refusals.makeAsyncIterator()
            for _ in 0..<15 { await iterator.next() }
            for _ in 0..<5 { gate.signal() }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count { $0 != nil } == 5)
        #expect(most.value == 1)
        #expect(try await queue.run { 7 } == 7)
    }
}

struct DeadlineTests {
    @Test("Work that comes in time gives its result or its error")
    func inTime() async throws {
        #expect(try await withDeadline(.seconds(60)) { 7 } == 7)
        await #expect(throws: ConcurrencyLimit.Exceeded.self) {
            try await withDeadline(.seconds(60)) { throw ConcurrencyLimit.Exceeded() }
        }
    }

    @Test("Work that hangs is left alone")
    func late() async throws {
        let gate = DispatchSemaphore(value: 0)
        defer { gate.signal() }
        let queue = WorkQueue(label: "test", maximumPending: 0)
        let error = await #expect(throws: DeadlineExceeded.self) {
            try await withDeadline(.milliseconds(10)) { try await queue.run { gate.wait() } }
        }
        #expect(error?.description == "no result within 0.01 seconds")
        // It has its place until it is done.
        await #expect(throws: ConcurrencyLimit.Exceeded.self) { try await queue.run {} }
    }
}

private final class Counter: Sendable {
    private let number = Mutex(0)

    var value: Int { number.withLock { $0 } }

    @discardableResult
    func add(_ change: Int) -> Int {
        number.withLock {
            $0 += change
            return $0
        }
    }

    func raise(to value: Int) { number.withLock { $0 = max($0, value) } }
}
