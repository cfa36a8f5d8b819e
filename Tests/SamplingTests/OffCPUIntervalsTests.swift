import ProfileModel
import SystemSupport
import Testing

@testable import Sampling

/// Records of leaving and coming back, and what they add up to.
@Suite struct OffCPUIntervalsTests {
    private let thread = ThreadID(rawValue: 7)
    private var intervals = OffCPUIntervals()

    private func time(_ microseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: microseconds * 1000) }

    private func snapshot(_ thread: ThreadID? = nil) -> StackSnapshot {
        StackSnapshot(
            process: ProcessID(rawValue: 1), thread: thread ?? self.thread, registers: NativeRegisters(),
            stack: StackWindow(base: Address(rawValue: 0), bytes: []))
    }

    /// The thread is back.
    private mutating func end(_ thread: ThreadID? = nil, at microseconds: UInt64) -> OffCPUIntervals.Ended? {
        intervals.end(of: thread ?? self.thread, at: time(microseconds))
    }

    @Test mutating func `An interval weighs its length times what its stack stands for`() throws {
        intervals.leave(snapshot(), at: time(100), period: 7)
        intervals.leave(thread, at: time(103), wasPreempted: false)
        let ended = end(at: 1100)
        #expect(ended?.weight == 7_000_000 && ended?.start == time(100))
        let times = intervals.takeTimes()
        #expect(times.counts == [.blocked: 1_000_000])
    }

    @Test mutating func `Without a stack the time counts all the same`() throws {
        intervals.leave(thread, at: time(0), wasPreempted: false)
        let ended = end(at: 400)
        #expect(ended == nil)
        intervals.leave(snapshot(), at: time(500), period: 2)
        intervals.leave(thread, at: time(501), wasPreempted: false)
        let next = end(at: 700)
        #expect(next?.away == 600_000 && next?.weight == 400_000)
        #expect(OffCPUIntervals.Total(away: 600_000, weight: 400_000).scale == 1.5)
    }

    @Test mutating func `Who would have gone on was preempted`() {
        intervals.leave(snapshot(), at: time(0), period: 1)
        intervals.leave(thread, at: time(2), wasPreempted: true)
        let ended = end(at: 50)
        #expect(ended != nil)
        intervals.leave(thread, at: time(60), wasPreempted: true)
        _ = end(at: 70)
        let times = intervals.takeTimes()
        #expect(times.counts == [.preempted: 60_000])
    }

    @Test mutating func `A leaving whose coming back was lost is not stretched over the next one`() throws {
        intervals.leave(snapshot(), at: time(0), period: 1)
        intervals.leave(thread, at: time(1), wasPreempted: false)
        intervals.leave(thread, at: time(900_000), wasPreempted: false)
        let ended = end(at: 900_010)
        #expect(ended == nil)
        let away = intervals.evict(thread)
        #expect(away == 10_000)
    }

    @Test mutating func `After a loss, open intervals are dropped`() {
        intervals.leave(snapshot(), at: time(0), period: 1)
        intervals.discardOpenOnes()
        let ended = end(at: 900)
        #expect(ended == nil)
        #expect(intervals.threadCount == 0)
    }

    @Test mutating func `A coming back without a leaving is nothing`() {
        let ended = end(at: 900)
        #expect(ended == nil)
        let times = intervals.takeTimes()
        #expect(intervals.threadCount == 0 && times.isEmpty)
    }

    @Test mutating func `Who was found asleep is away from then on, unless it is known since when`() throws {
        let other = ThreadID(rawValue: 8)
        intervals.leave(thread, at: time(10), wasPreempted: false)
        intervals.find(thread, snapshot(), at: time(50))
        intervals.find(other, snapshot(other), at: time(50))
        let ended = end(at: 100)
        #expect(ended == nil)
        let away = intervals.evict(thread)
        #expect(away == 90_000)
        let found = end(other, at: 100)
        #expect(found?.weight == 50_000)
    }

    @Test mutating func `A sleeper whose stack can't be read is away`() {
        intervals.find(thread, nil, at: time(50))
        let ended = intervals.endAll(at: time(100))
        #expect(ended.isEmpty)
        let away = intervals.takeTimesWithoutStack()
        #expect(away == [thread: 50_000])
    }

    @Test mutating func `At the end all intervals end`() {
        for number: Int32 in 1...5 {
            intervals.leave(snapshot(ThreadID(rawValue: number)), at: time(UInt64(number)), period: 1)
        }
        let ended = intervals.endAll(at: time(10))
        #expect(ended.map(\.weight).sorted() == [5000, 6000, 7000, 8000, 9000])
        let again = intervals.endAll(at: time(20))
        #expect(again.isEmpty)
    }

    @Test mutating func `The time of an ended thread without a stack is told apart`() {
        intervals.leave(thread, at: time(0), wasPreempted: false)
        _ = end(at: 30)
        let away = intervals.evict(thread)
        #expect(away == 30_000 && intervals.threadCount == 0)
    }

    @Test mutating func `Weights don't overflow`() {
        intervals.leave(snapshot(), at: time(0), period: .max)
        let ended = end(at: 5)
        #expect(ended?.weight == .max)
    }

    @Test func `Scaled weights are the time that the thread was away`() {
        let identity = ThreadIdentity(process: ProcessID(rawValue: 1), thread: thread, name: "", processName: "")
        func stack(_ weight: UInt64) -> CollectedStack {
            CollectedStack(
                thread: identity, frames: [], ending: .rootReached, count: 1, weight: weight,
                runs: SampleRuns())
        }
        let totals = [thread: OffCPUIntervals.Total(away: 900, weight: 300)]
        #expect([stack(100), stack(200)].map { $0.scaled(by: totals).weight } == [300, 600])
        #expect(stack(100).scaled(by: [:]).weight == 100)
        #expect(stack(.max).scaled(by: totals).weight == .max)
    }
}
