import Foundation
import Synchronization
import SystemSupport
import Testing

@Suite struct ThreadTests {
    @Test func `A thread has a name and is waited for`() throws {
        let name = Mutex("")
        let thread = try OwnedThread(name: "a-name-of-more-than-15") {
            let comm = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
            name.withLock { $0 = comm ?? "" }
        }
        thread.join()
        thread.join()
        #expect(name.withLock { $0 } == "a-name-of-more-\n")
    }

    @Test func `A thread goes on without its owner`() throws {
        let (begin, end) = (OneTimeEvent(), OneTimeEvent())
        _ = try OwnedThread(name: "orphan") {
            begin.wait()
            end.signal()
        }
        begin.signal()
        #expect(end.wait(for: .seconds(60)))
    }

    @Test func `An event that has happened is seen by all and later`() throws {
        let event = OneTimeEvent()
        let seen = Atomic(0)
        let threads = try (0..<4).map { _ in
            try OwnedThread(name: "waiting") {
                event.wait()
                seen.add(1, ordering: .relaxed)
            }
        }
        event.signal()
        threads.forEach { $0.join() }
        #expect(seen.load(ordering: .relaxed) == 4)
        #expect(event.wait(until: MonotonicTime(nanoseconds: 0)))
        #expect(event.wait(for: .zero))
    }

    @Test func `Waiting ends at its deadline, and uses no CPU time`() {
        let event = OneTimeEvent()
        let (start, used) = (MonotonicTime.now, ProcessorTime.ofThisThread)
        #expect(!event.wait(for: .milliseconds(50)))
        #expect(MonotonicTime.now.since(start) >= 50_000_000)
        #expect(ProcessorTime.ofThisThread - used < 20_000_000)
        #expect(!event.wait(until: MonotonicTime(nanoseconds: 0)))
    }

    @Test func `Values pass from thread to thread in order`() throws {
        let queue = Monitor<[Int]>([])
        let producer = try OwnedThread(name: "producer") {
            for number in 0..<1_000 { queue.change { $0.append(number) } }
        }
        var received: [Int] = []
        while received.count < 1_000 {
            let taken = queue.wait(until: .now.advanced(by: .seconds(60))) { waiting -> [Int]? in
                guard !waiting.isEmpty else { return nil }
                defer { waiting = [] }
                return waiting
            }
            received += try #require(taken)
        }
        producer.join()
        #expect(received == Array(0..<1_000))
        #expect(queue.read { $0.isEmpty })
    }
}
