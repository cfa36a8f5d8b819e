import ProfileModel
import SystemSupport
import Testing

@testable import Sampling

/// Records of leaving and coming back, and what they add up to.
@Suite struct AbsenceTimesTests {
    private let thread = ThreadID(rawValue: 7)
    private var absences = AbsenceTimes()

    private func time(_ microseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: microseconds * 1000) }

    private func snapshot(_ thread: ThreadID? = nil) -> StackSnapshot {
        StackSnapshot(
            process: ProcessID(rawValue: 1), thread: thread ?? self.thread, registers: NativeRegisters(),
            stack: StackWindow(base: Address(rawValue: 0), bytes: []))
    }

    /// The thread is back.
    private mutating func end(_ thread: ThreadID? = nil, at microseconds: UInt64) -> AbsenceTimes.Ended? {
        absences.end(of: thread ?? self.thread, at: time(microseconds))
    }

    @Test mutating func `An absence weighs its length times what its stack stands for`() throws {
        absences.leave(snapshot(), at: time(100), period: 7)
        absences.leave(thread, at: time(103), wasPreempted: false)
        let ended = end(at: 1100)
        #expect(ended?.weight == 7_000_000 && ended?.start == time(100))
        #expect(absences.blockedNanoseconds == 1_000_000 && absences.preemptedNanoseconds == 0)
    }

    @Test mutating func `Without a stack the time counts all the same`() throws {
        absences.leave(thread, at: time(0), wasPreempted: false)
        let ended = end(at: 400)
        #expect(ended == nil)
        absences.leave(snapshot(), at: time(500), period: 2)
        absences.leave(thread, at: time(501), wasPreempted: false)
        _ = end(at: 700)
        let total = try #require(absences.totals[thread])
        #expect(total.away == 600_000 && total.weight == 400_000)
        #expect(total.scale == 1.5)
    }

    @Test mutating func `Who would have gone on was preempted`() {
        absences.leave(snapshot(), at: time(0), period: 1)
        absences.leave(thread, at: time(2), wasPreempted: true)
        let ended = end(at: 50)
        #expect(ended != nil)
        absences.leave(thread, at: time(60), wasPreempted: true)
        _ = end(at: 70)
        #expect(absences.preemptedNanoseconds == 60_000 && absences.blockedNanoseconds == 0)
    }

    @Test mutating func `A leaving whose coming back was lost is not stretched over the next one`() throws {
        absences.leave(snapshot(), at: time(0), period: 1)
        absences.leave(thread, at: time(1), wasPreempted: false)
        absences.leave(thread, at: time(900_000), wasPreempted: false)
        let ended = end(at: 900_010)
        #expect(ended == nil)
        #expect(absences.totals[thread]?.away == 10_000)
    }

    @Test mutating func `After a loss, open absences are dropped`() {
        absences.leave(snapshot(), at: time(0), period: 1)
        absences.forgetOpenOnes()
        let ended = end(at: 900)
        #expect(ended == nil)
        #expect(absences.totals.isEmpty)
    }

    @Test mutating func `A coming back without a leaving is nothing`() {
        let ended = end(at: 900)
        #expect(ended == nil)
        #expect(absences.totals.isEmpty && absences.blockedNanoseconds == 0)
    }

    @Test mutating func `Who was found asleep is away from then on, unless it is known since when`() throws {
        let other = ThreadID(rawValue: 8)
        absences.leave(thread, at: time(10), wasPreempted: false)
        absences.find(thread, snapshot(), at: time(50))
        absences.find(other, snapshot(other), at: time(50))
        let ended = end(at: 100)
        #expect(ended == nil)
        #expect(absences.totals[thread]?.away == 90_000)
        let found = end(other, at: 100)
        #expect(found?.weight == 50_000)
    }

    @Test mutating func `A sleeper whose stack can't be read is away`() {
        absences.find(thread, nil, at: time(50))
        let ended = absences.endAll(at: time(100))
        #expect(ended.isEmpty)
        #expect(absences.totals[thread]?.away == 50_000)
    }

    @Test mutating func `At the end all absences end`() {
        for number: Int32 in 1...5 {
            absences.leave(snapshot(ThreadID(rawValue: number)), at: time(UInt64(number)), period: 1)
        }
        let ended = absences.endAll(at: time(10))
        #expect(ended.map(\.weight).sorted() == [5000, 6000, 7000, 8000, 9000])
        let again = absences.endAll(at: time(20))
        #expect(again.isEmpty)
    }

    @Test mutating func `The time of an ended thread without a stack is told apart`() {
        absences.leave(thread, at: time(0), wasPreempted: false)
        _ = end(at: 30)
        absences.forget(thread)
        #expect(absences.unseenNanoseconds == 30_000 && absences.totals.isEmpty)
    }

    @Test mutating func `Weights don't overflow`() {
        absences.leave(snapshot(), at: time(0), period: .max)
        let ended = end(at: 5)
        #expect(ended?.weight == .max)
    }

    @Test func `Scaled weights are the time that the thread was away`() {
        let identity = ThreadIdentity(process: ProcessID(rawValue: 1), thread: thread, name: "", processName: "")
        func stack(_ weight: UInt64) -> CollectedStack {
            CollectedStack(thread: identity, frames: [], ending: .rootReached, count: 1, weight: weight)
        }
        let totals = [thread: AbsenceTimes.Total(away: 900, weight: 300)]
        #expect([stack(100), stack(200)].map { $0.scaled(by: totals).weight } == [300, 600])
        #expect(stack(100).scaled(by: [:]).weight == 100)
        #expect(stack(.max).scaled(by: totals).weight == .max)
    }
}
