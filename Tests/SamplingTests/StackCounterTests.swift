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
        var counter = StackCounter(frameLimit: 100)
        for addresses: [UInt64] in [[1, 2], [1, 3], [1, 2], [1, 2, 3], [1, 2]] {
            #expect(counter.count(stack(addresses), of: thread) != nil)
        }
        let taken = counter.takeAll()
        #expect(taken.map(\.count) == [3, 1, 1])
    }

    @Test func `A stack that stands for several samples counts as often as if it were seen at each`() {
        var counter = StackCounter(frameLimit: 100)
        _ = counter.count(stack([1]), of: thread, count: 3, weight: 3)
        _ = counter.count(stack([1]), of: thread)
        let taken = counter.takeAll()
        #expect(taken.map(\.count) == [4] && taken.map(\.weight) == [4])
    }

    @Test func `Stacks of two threads are two`() {
        var counter = StackCounter(frameLimit: 100)
        let other = ThreadIdentity(
            process: thread.process, thread: ThreadID(rawValue: 3), name: "worker", processName: "server")
        _ = counter.count(stack([1]), of: thread)
        _ = counter.count(stack([1]), of: other)
        let taken = counter.takeAll()
        #expect(taken.map(\.thread.thread.rawValue) == [2, 3])
    }

    @Test func `Truncated stacks differ by the kind of their ending and not by its address`() {
        var counter = StackCounter(frameLimit: 100)
        for number: UInt64 in 1...5 {
            _ = counter.count(stack([1], .truncated(.unreadableMemory(Address(rawValue: number)))), of: thread)
        }
        _ = counter.count(stack([1], .truncated(.frameLimit(1))), of: thread)
        _ = counter.count(stack([1]), of: thread)
        let taken = counter.takeAll()
        #expect(taken.map(\.count) == [5, 1, 1])
    }

    @Test func `A known stack can be counted again by its handle`() throws {
        var counter = StackCounter(frameLimit: 100)
        _ = counter.count(stack([1]), of: thread)
        let counted = counter.count(stack([2]), of: thread)
        var handle = try #require(counted)
        let isKept = counter.countAgain(&handle)
        #expect(isKept)
        let taken = counter.takeAll()
        #expect(taken.map(\.count) == [1, 2])
    }

    @Test func `New stacks are refused when there is no room, known ones are counted`() {
        var counter = StackCounter(frameLimit: 5)
        #expect(counter.count(stack([1, 2, 3]), of: thread) != nil)
        #expect(counter.count(stack([4, 5, 6]), of: thread) == nil)
        #expect(counter.count(stack([4, 5]), of: thread) != nil)
        #expect(counter.count(stack([1, 2, 3]), of: thread) != nil)
        let taken = counter.takeAll()
        #expect(taken.map(\.count) == [2, 1])
    }

    @Test func `A handle counts its stack anew after all were taken`() throws {
        var counter = StackCounter(frameLimit: 5)
        let counted = counter.count(stack([1, 2, 3]), of: thread)
        var handle = try #require(counted)
        let first = counter.takeAll()
        #expect(first.map(\.count) == [1] && counter.frameCount == 0)
        for _ in 0..<2 {
            let isKept = counter.countAgain(&handle, times: 4)
            #expect(isKept)
        }
        _ = counter.count(stack([1, 2, 3]), of: thread)
        let second = counter.takeAll()
        #expect(second.map(\.count) == [9] && second.map(\.frames) == first.map(\.frames))
        _ = counter.count(stack([4, 5, 6]), of: thread)
        let isRefused = !counter.countAgain(&handle)
        #expect(isRefused)
    }
}
