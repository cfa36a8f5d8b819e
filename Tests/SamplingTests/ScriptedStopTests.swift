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

    private let program: TestProgram
    private let candidate: SampleCandidate
    private let source = Source()
    private let events = SampleEventList()
    private let reader: RunningStackReader<Source>

    init() throws {
        SamplingSession.blockChildSignal()
        program = try TestProgram("calibrated")
        candidate = try SampleCandidate(firstThreadOf: program)
        reader = RunningStackReader(source: source, copier: StackCopier(), events: events)
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

    /// A sleep that goes on refers to the stack that was seen last.
    @Test func `A stop that arrives late comes before what is read of sleeping threads after it`() throws {
        let sleeper = try TestProgram("large_frames", "main", "array_300", "asleep")
        try sleeper.waitForSleepers(named: "large_frames")
        let asleep = try SampleCandidate(firstThreadOf: sleeper)
        source.outcomes = [.notYetStopped]
        reader.sample(candidate)
        source.stops.first?.outcomes = [.stopped]
        reader.poll()
        SleepObserver(copier: StackCopier(), events: events).observe(
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
