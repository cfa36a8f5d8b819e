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

    private func ticks(_ count: UInt64 = 1, endingAt end: UInt64 = 1_000) -> SampleRuns.Run {
        SampleRuns.Run(ticks: count, endingAt: end, period: 10)
    }

    @Test func `Equal stacks are one, with a count`() {
        var counter = StackCounter(frameLimit: 100, period: 10)
        for addresses: [UInt64] in [[1, 2], [1, 3], [1, 2], [1, 2, 3], [1, 2]] {
            #expect(counter.count(stack(addresses), of: thread, ticks(), weight: 1) != nil)
        }
        let taken = counter.takeAll()
        #expect(taken.map(\.count) == [3, 1, 1])
    }

    @Test func `A stack that stands for several samples counts as often as if it were seen at each`() {
        var counter = StackCounter(frameLimit: 100, period: 10)
        _ = counter.count(stack([1]), of: thread, ticks(3), weight: 3)
        _ = counter.count(stack([1]), of: thread, ticks(), weight: 1)
        let taken = counter.takeAll()
        #expect(taken.map(\.count) == [4] && taken.map(\.weight) == [4])
    }

    @Test func `Stacks of two threads are two`() {
        var counter = StackCounter(frameLimit: 100, period: 10)
        let other = ThreadIdentity(
            process: thread.process, thread: ThreadID(rawValue: 3), name: "worker", processName: "server")
        _ = counter.count(stack([1]), of: thread, ticks(), weight: 1)
        _ = counter.count(stack([1]), of: other, ticks(), weight: 1)
        let taken = counter.takeAll()
        #expect(taken.map(\.thread.thread.rawValue) == [2, 3])
    }

    @Test func `Truncated stacks differ by the kind of their ending and not by its address`() {
        var counter = StackCounter(frameLimit: 100, period: 10)
        for number: UInt64 in 1...5 {
            let ending = StackEnding.truncated(.unreadableMemory(Address(rawValue: number)))
            _ = counter.count(stack([1], ending), of: thread, ticks(), weight: 1)
        }
        _ = counter.count(stack([1], .truncated(.frameLimit(1))), of: thread, ticks(), weight: 1)
        _ = counter.count(stack([1]), of: thread, ticks(), weight: 1)
        let taken = counter.takeAll()
        #expect(taken.map(\.count) == [5, 1, 1])
    }

    @Test func `A known stack can be counted again by its handle`() throws {
        var counter = StackCounter(frameLimit: 100, period: 10)
        _ = counter.count(stack([1]), of: thread, ticks(), weight: 1)
        let counted = counter.count(stack([2]), of: thread, ticks(), weight: 1)
        var handle = try #require(counted)
        let isKept = counter.countAgain(&handle, ticks())
        #expect(isKept)
        let taken = counter.takeAll()
        #expect(taken.map(\.count) == [1, 2])
    }

    @Test func `New stacks are refused when there is no room, known ones are counted`() {
        var counter = StackCounter(frameLimit: 5, period: 10)
        #expect(counter.count(stack([1, 2, 3]), of: thread, ticks(), weight: 1) != nil)
        #expect(counter.count(stack([4, 5, 6]), of: thread, ticks(), weight: 1) == nil)
        #expect(counter.count(stack([4, 5]), of: thread, ticks(), weight: 1) != nil)
        #expect(counter.count(stack([1, 2, 3]), of: thread, ticks(), weight: 1) != nil)
        let taken = counter.takeAll()
        #expect(taken.map(\.count) == [2, 1])
    }

    @Test func `A handle counts its stack anew after all were taken`() throws {
        var counter = StackCounter(frameLimit: 5, period: 10)
        let counted = counter.count(stack([1, 2, 3]), of: thread, ticks(), weight: 1)
        var handle = try #require(counted)
        let first = counter.takeAll()
        #expect(first.map(\.count) == [1] && counter.frameCount == 0)
        for _ in 0..<2 {
            let isKept = counter.countAgain(&handle, ticks(4))
            #expect(isKept)
        }
        _ = counter.count(stack([1, 2, 3]), of: thread, ticks(), weight: 1)
        let second = counter.takeAll()
        #expect(second.map(\.count) == [9] && second.map(\.frames) == first.map(\.frames))
        _ = counter.count(stack([4, 5, 6]), of: thread, ticks(), weight: 1)
        let isRefused = !counter.countAgain(&handle, ticks())
        #expect(isRefused)
    }

    @Test func `Ticks in a row are one run, and later ones are another`() {
        var counter = StackCounter(frameLimit: 100, period: 10)
        for end: UInt64 in [1_000, 1_010, 1_021, 5_000] {
            _ = counter.count(stack([1]), of: thread, ticks(endingAt: end), weight: 1)
        }
        _ = counter.count(stack([1]), of: thread, ticks(3, endingAt: 5_035), weight: 3)
        #expect(
            counter.takeAll().map(\.runs.all) == [
                [
                    SampleRuns.Run(start: 1_000, end: 1_021, count: 3),
                    SampleRuns.Run(start: 5_000, end: 5_035, count: 4),
                ]
            ])
    }
}
