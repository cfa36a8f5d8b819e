import ProfileModel
import Testing

@testable import Sampling

@Suite struct StackCounterTests {
    private let thread = ThreadIdentity(
        process: ProcessID(rawValue: 1), thread: ThreadID(rawValue: 2), name: "worker", processName: "server")

    private func stack(_ addresses: [UInt64], _ ending: StackEnding = .rootReached) -> RawStack {
        let frames = addresses.map { number in
            let address = Address(rawValue: number)
            return RawFrame(address: .returnAddress(address), location: .unmapped(address))
        }
        return RawStack(frames: frames, ending: ending)
    }

    @Test func `Equal stacks are one, with a count`() {
        var counter = StackCounter()
        for addresses: [UInt64] in [[1, 2], [1, 3], [1, 2], [1, 2, 3], [1, 2]] {
            #expect(counter.count(stack(addresses), of: thread) != nil)
        }
        #expect(counter.collected.map(\.count) == [3, 1, 1])
    }

    @Test func `Stacks of two threads are two`() {
        var counter = StackCounter()
        let other = ThreadIdentity(
            process: thread.process, thread: ThreadID(rawValue: 3), name: "worker", processName: "server")
        _ = counter.count(stack([1]), of: thread)
        _ = counter.count(stack([1]), of: other)
        #expect(counter.collected.map(\.thread.thread.rawValue) == [2, 3])
    }

    @Test func `Truncated stacks differ by the kind of their ending and not by its address`() {
        var counter = StackCounter()
        for number: UInt64 in 1...5 {
            _ = counter.count(stack([1], .truncated(.unreadableMemory(Address(rawValue: number)))), of: thread)
        }
        _ = counter.count(stack([1], .truncated(.frameLimit(1))), of: thread)
        _ = counter.count(stack([1]), of: thread)
        #expect(counter.collected.map(\.count) == [5, 1, 1])
    }

    @Test func `A known stack can be counted again by its handle`() throws {
        var counter = StackCounter()
        _ = counter.count(stack([1]), of: thread)
        let handle = counter.count(stack([2]), of: thread)
        counter.countAgain(try #require(handle))
        #expect(counter.collected.map(\.count) == [1, 2])
    }

    @Test func `New stacks are refused when there is no room, known ones are counted`() {
        var counter = StackCounter(frameLimit: 5)
        #expect(counter.count(stack([1, 2, 3]), of: thread) != nil)
        #expect(counter.count(stack([4, 5, 6]), of: thread) == nil)
        #expect(counter.count(stack([4, 5]), of: thread) != nil)
        #expect(counter.count(stack([1, 2, 3]), of: thread) != nil)
        #expect(counter.collected.map(\.count) == [2, 1])
    }
}
