import ProfileModel
import SystemSupport
import Testing

@testable import Sampling

/// Records of leaving and coming back, and what they add up to.
@Suite struct OffCPUIntervalsTests {
    private let thread = ThreadID(rawValue: 7)
    private var offCPUIntervals = OffCPUIntervals()

    private func time(_ microseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: microseconds * 1000) }

    private func snapshot(_ thread: ThreadID? = nil) -> StackSnapshot {
        StackSnapshot(
            process: ProcessID(rawValue: 1), thread: thread ?? self.thread, registers: NativeRegisters(),
            stack: StackWindow(base: Address(rawValue: 0), bytes: []))
    }

    /// The thread is back.
    private mutating func end(_ thread: ThreadID? = nil, at microseconds: UInt64) -> OffCPUIntervals.Ended? {
        offCPUIntervals.end(of: thread ?? self.thread, at: time(microseconds))
    }

    @Test mutating func `An interval weighs its length times what its stack stands for`() throws {
        offCPUIntervals.leave(snapshot(), at: time(100), period: 7)
        offCPUIntervals.leave(thread, at: time(103), wasPreempted: false)
        let ended = end(at: 1100)
        #expect(ended?.weight == 7_000_000 && ended?.start == time(100))
        #expect(offCPUIntervals.blockedNanoseconds == 1_000_000 && offCPUIntervals.preemptedNanoseconds == 0)
    }

    @Test mutating func `Without a stack the time counts all the same`() throws {
        offCPUIntervals.leave(thread, at: time(0), wasPreempted: false)
        let ended = end(at: 400)
        #expect(ended == nil)
        offCPUIntervals.leave(snapshot(), at: time(500), period: 2)
        offCPUIntervals.leave(thread, at: time(501), wasPreempted: false)
        _ = end(at: 700)
        let total = try #require(offCPUIntervals.totals[thread])
        #expect(total.away == 600_000 && total.weight == 400_000)
        #expect(total.scale == 1.5)
    }

    @Test mutating func `Who would have gone on was preempted`() {
        offCPUIntervals.leave(snapshot(), at: time(0), period: 1)
        offCPUIntervals.leave(thread, at: time(2), wasPreempted: true)
        let ended = end(at: 50)
        #expect(ended != nil)
        offCPUIntervals.leave(thread, at: time(60), wasPreempted: true)
        _ = end(at: 70)
        #expect(offCPUIntervals.preemptedNanoseconds == 60_000 && offCPUIntervals.blockedNanoseconds == 0)
    }

    @Test mutating func `A leaving whose coming back was lost is not stretched over the next one`() throws {
        offCPUIntervals.leave(snapshot(), at: time(0), period: 1)
        offCPUIntervals.leave(thread, at: time(1), wasPreempted: false)
        offCPUIntervals.leave(thread, at: time(900_000), wasPreempted: false)
        let ended = end(at: 900_010)
        #expect(ended == nil)
        #expect(offCPUIntervals.totals[thread]?.away == 10_000)
    }

    @Test mutating func `After a loss, open offCPUIntervals are dropped`() {
        offCPUIntervals.leave(snapshot(), at: time(0), period: 1)
        offCPUIntervals.discardOpenOnes()
        let ended = end(at: 900)
        #expect(ended == nil)
        #expect(offCPUIntervals.totals.isEmpty)
    }

    @Test mutating func `A coming back without a leaving is nothing`() {
        let ended = end(at: 900)
        #expect(ended == nil)
        #expect(offCPUIntervals.totals.isEmpty && offCPUIntervals.blockedNanoseconds == 0)
    }

    @Test mutating func `Who was found asleep is away from then on, unless it is known since when`() throws {
        let other = ThreadID(rawValue: 8)
        offCPUIntervals.leave(thread, at: time(10), wasPreempted: false)
        offCPUIntervals.find(thread, snapshot(), at: time(50))
        offCPUIntervals.find(other, snapshot(other), at: time(50))
        let ended = end(at: 100)
        #expect(ended == nil)
        #expect(offCPUIntervals.totals[thread]?.away == 90_000)
        let found = end(other, at: 100)
        #expect(found?.weight == 50_000)
    }

    @Test mutating func `A sleeper whose stack can't be read is away`() {
        offCPUIntervals.find(thread, nil, at: time(50))
        let ended = offCPUIntervals.endAll(at: time(100))
        #expect(ended.isEmpty)
        #expect(offCPUIntervals.totals[thread]?.away == 50_000)
    }

    @Test mutating func `At the end all offCPUIntervals end`() {
        for number: Int32 in 1...5 {
            offCPUIntervals.leave(snapshot(ThreadID(rawValue: number)), at: time(UInt64(number)), period: 1)
        }
        let ended = offCPUIntervals.endAll(at: time(10))
        #expect(ended.map(\.weight).sorted() == [5000, 6000, 7000, 8000, 9000])
        let again = offCPUIntervals.endAll(at: time(20))
        #expect(again.isEmpty)
    }

    @Test mutating func `The time of an ended thread without a stack is told apart`() {
        offCPUIntervals.leave(thread, at: time(0), wasPreempted: false)
        _ = end(at: 30)
        offCPUIntervals.discard(thread)
        #expect(offCPUIntervals.unseenNanoseconds == 30_000 && offCPUIntervals.totals.isEmpty)
    }

    @Test mutating func `Weights don't overflow`() {
        offCPUIntervals.leave(snapshot(), at: time(0), period: .max)
        let ended = end(at: 5)
        #expect(ended?.weight == .max)
    }

    @Test func `Scaled weights are the time that the thread was away`() {
        let identity = ThreadIdentity(process: ProcessID(rawValue: 1), thread: thread, name: "", processName: "")
        func stack(_ weight: UInt64) -> CollectedStack {
            CollectedStack(thread: identity, frames: [], ending: .rootReached, count: 1, weight: weight)
        }
        let totals = [thread: OffCPUIntervals.Total(away: 900, weight: 300)]
        #expect([stack(100), stack(200)].map { $0.scaled(by: totals).weight } == [300, 600])
        #expect(stack(100).scaled(by: [:]).weight == 100)
        #expect(stack(.max).scaled(by: totals).weight == .max)
    }
}
