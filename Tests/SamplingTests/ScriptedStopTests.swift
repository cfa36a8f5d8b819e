import ProcFS
import ProfileModel
import SystemSupport
import TargetProcess
import TestSupport
import Testing

@testable import Sampling

/// What live threads can't be made to do at will.
@Suite struct ScriptedStopTests {
    /// A stop whose polls are given.
    private final class Stop: StoppableThread {
        let thread: ThreadID
        var outcomes: [ThreadStop.Outcome]
        var failure: PtraceError?
        private(set) var isReleased = false
        let isDying = false

        init(_ thread: ThreadID, _ outcomes: [ThreadStop.Outcome], _ failure: PtraceError?) {
            (self.thread, self.outcomes, self.failure) = (thread, outcomes, failure)
        }

        func poll() -> ThreadStop.Outcome { outcomes.count > 1 ? outcomes.removeFirst() : outcomes[0] }

        func registers() throws(PtraceError) -> NativeRegisters {
            if let failure { throw failure }
            var registers = NativeRegisters()
            registers.programCounter = Address(rawValue: 0x1000)
            registers.stackPointer = Address(rawValue: 0x20_000)
            return registers
        }

        func restartableSequenceArea() -> Range<Address> { Address(rawValue: 0)..<Address(rawValue: 0) }
        func release() { isReleased = true }
    }

    /// Memory that ends after some bytes.
    private struct Memory: StackMemory {
        let readable: Int

        func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
            min(readable, buffer.count)
        }
    }

    /// Stops and reads as the test has set it; each reading of the clock advances it by a step.
    private final class Source: StackSource {
        var outcomes: [ThreadStop.Outcome] = [.stopped]
        var failure: PtraceError?
        var refusal: PtraceError?
        var readable = 4096
        var step: UInt64 = 1000
        private var time = MonotonicTime(nanoseconds: 1_000_000)
        private(set) var stops: [Stop] = []

        func stop(_ thread: ThreadID) throws(PtraceError) -> Stop {
            if let refusal { throw refusal }
            let stop = Stop(thread, outcomes, failure)
            stops.append(stop)
            return stop
        }

        func memory(of context: ProcessContext) -> Memory { Memory(readable: readable) }

        var now: MonotonicTime {
            time = time.advanced(by: step)
            return time
        }
    }

    private static let period: UInt64 = 300_000

    private let program: TestProgram
    private let candidate: SampleCandidate
    private let source = Source()
    private let events = SampleEventList()
    private let reader: RunningStackReader<Source>

    init() throws {
        SamplingSession.blockChildSignal()
        program = try TestProgram("calibrated")
        candidate = try SampleCandidate(firstThreadOf: program)
        reader = RunningStackReader(source: source, copier: StackCopier(), events: events, period: Self.period)
    }

    private func stackBytes(_ events: [SampleEvent]) -> [Int] {
        events.compactMap { event in
            if case .snapshot(let snapshot, _) = event.sample { snapshot.stack.bytes.count } else { nil }
        }
    }

    @Test func `A stop that never arrives is lost with each tick that passed, and delays nobody`() {
        source.outcomes = [.notYetStopped]
        reader.sample(candidate)
        #expect(reader.isWaiting)
        reader.passTick(of: candidate.entry.id)
        reader.collect(within: 1)
        reader.giveUp()
        #expect(reader.takeEvents().isEmpty && !reader.isWaiting)
        #expect(reader.takeLedger().losses.counts == [.notStopped: 2])
    }

    @Test func `Ticks that pass while a thread is awaited are one sample, which counts for each`() {
        source.outcomes = [.notYetStopped]
        candidate.context.isWatched = true
        defer { candidate.context.isWatched = false }
        reader.sample(candidate)
        for _ in 0..<2 { reader.passTick(of: candidate.entry.id) }
        source.stops.first?.outcomes = [.stopped]
        reader.poll()
        let events = reader.takeEvents()
        #expect(events.map(\.sampleCount) == [3])
        guard case .timed(let sample) = events.first?.sample else {
            Issue.record("not a sample that waits for its time's mappings")
            return
        }
        #expect(sample.count == 3 && sample.weight == 3)
        #expect(reader.takeLedger().taken.counts == [.stopped: 3])
    }

    @Test func `Ticks that pass while a thread is awaited are before the one at which it stops`() throws {
        source.outcomes = [.notYetStopped]
        reader.sample(candidate)
        for _ in 0..<2 { reader.passTick(of: candidate.entry.id) }
        source.stops.first?.outcomes = [.stopped]
        reader.poll()
        let samples = reader.takeEvents().compactMap(\.sample)
        guard case .snapshot(_, let time)? = samples.first,
            case .unchanged(let since, let count, let end)? = samples.last
        else {
            Issue.record("not a stack and its repetitions: \(samples)")
            return
        }
        #expect(since == time && count == 2)
        #expect(time.since(end) == Self.period)
    }

    /// The last of the ticks at which a sleep was counted again, as the test makes them.
    ///
    /// - Parameter make: given the time slices of the sleep, too.
    private func repetitions(
        _ make: (SleepObserver, SleepObserver.Subject, _ timeslices: UInt64) -> Void
    ) throws -> [ThreadSample] {
        let sleeper = try TestProgram("large_frames", "main", "array_300", "asleep")
        try sleeper.waitForSleepers(named: "large_frames")
        let asleep = try SampleCandidate(firstThreadOf: sleeper)
        let observer = SleepObserver(copier: StackCopier(), events: events, period: Self.period)
        let subject = SleepObserver.Subject(context: asleep.context, entry: asleep.entry, thread: asleep.thread)
        var buffer: [UInt8] = []
        make(observer, subject, try asleep.entry.schedstat(using: &buffer).timeslices)
        return events.takeAll().compactMap(\.sample)
    }

    @Test func `Ticks for which a poll stands are before it`() throws {
        let samples = try repetitions { observer, subject, timeslices in
            let unseen = ThreadTracker.UnseenTicks(count: 3, certain: 0, areRepresented: true)
            observer.observe(subject, timeslices: timeslices, unseen: unseen)
        }
        guard case .snapshot(_, let time)? = samples.first, case .unchanged(_, 3, let end)? = samples.last else {
            Issue.record("not a stack and three repetitions: \(samples)")
            return
        }
        #expect(time.since(end) == Self.period)
    }

    /// Of four ticks before the present one, the thread surely slept at the first two.
    @Test(arguments: [(false, 3), (true, 2)])
    func `A sleep that is over ends before the ticks at which it may have been`(isLastTick: Bool, ticks: UInt64) throws
    {
        var times: [MonotonicTime] = []
        let samples = try repetitions { observer, subject, timeslices in
            observer.observe(subject, timeslices: timeslices, unseen: ThreadTracker.UnseenTicks(count: 0, certain: 0))
            times.append(.now)
            let unseen = ThreadTracker.UnseenTicks(count: 4, certain: 2)
            if isLastTick {
                observer.settle(subject, .ended, unseen: unseen)
            } else {
                observer.endSleep(of: subject, unseen: unseen, loss: .ended)
            }
            times.append(.now)
        }
        guard case .unchanged(_, 2, let end)? = samples.last else {
            Issue.record("not two repetitions: \(samples)")
            return
        }
        #expect(times[0].since(end) <= ticks * Self.period && times[1].since(end) >= ticks * Self.period)
    }

    /// A sleep that goes on refers to the stack that was seen last.
    @Test func `A stop that arrives late comes before what is read of sleeping threads after it`() throws {
        let sleeper = try TestProgram("large_frames", "main", "array_300", "asleep")
        try sleeper.waitForSleepers(named: "large_frames")
        let asleep = try SampleCandidate(firstThreadOf: sleeper)
        source.outcomes = [.notYetStopped]
        reader.sample(candidate)
        source.stops.first?.outcomes = [.stopped]
        reader.poll()
        SleepObserver(copier: StackCopier(), events: events, period: Self.period).observe(
            SleepObserver.Subject(context: asleep.context, entry: asleep.entry, thread: asleep.thread),
            timeslices: nil, unseen: ThreadTracker.UnseenTicks(count: 0, certain: 0))
        let threads = events.takeAll().map { event -> ThreadID? in
            if case .thread(let thread, .snapshot, _) = event { thread.thread } else { nil }
        }
        #expect(threads == [candidate.entry.id, asleep.entry.id])
    }

    @Test func `A read that breaks off gives the part that was read`() {
        source.readable = 100
        reader.sample(candidate)
        #expect(stackBytes(reader.takeEvents()) == [100])
        source.readable = 0
        reader.sample(candidate)
        #expect(stackBytes(reader.takeEvents()) == [0])
        #expect(source.stops.allSatisfy { $0.isReleased })
        #expect(reader.takeLedger().taken.counts == [.stopped: 2])
    }

    @Test func `A thread whose registers can't be read goes on, and is lost`() {
        source.failure = .gone
        reader.sample(candidate)
        #expect(source.stops.allSatisfy { $0.isReleased } && source.stops.count == 1)
        #expect(reader.takeLedger().losses.counts == [.ended: 1])
    }

    @Test func `A thread that ended, and whose number another one has by the time of the stop, gives no sample`() {
        program.kill()
        reader.sample(candidate)
        #expect(reader.takeEvents().isEmpty)
        #expect(source.stops.allSatisfy { $0.isReleased } && source.stops.count == 1)
        #expect(reader.takeLedger().losses.counts == [.ended: 1])
    }

    @Test func `Who may not be traced is refused, or has ended`() {
        source.refusal = .notPermitted
        reader.sample(candidate)
        #expect(reader.takeLedger().losses.counts == [.refused: 1])
        program.kill()
        reader.sample(candidate)
        #expect(reader.takeLedger().losses.counts == [.ended: 1])
    }

    @Test func `A clock that jumps ends the wait, and shows in the stop's duration`() {
        source.outcomes = [.notYetStopped, .stopped]
        source.step = 10_000_000_000
        reader.sample(candidate)
        reader.poll()
        #expect(stackBytes(reader.takeEvents()).count == 1)
        #expect(reader.stoppedNanoseconds >= 10_000_000_000)
        #expect(reader.takeLedger().taken.counts == [.stopped: 1])
    }
}
