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

    /// Stops and reads as it is told; each look at the clock takes a step.
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
    private let tracker: ThreadTracker
    private let source = Source()
    private let reader: RunningStackReader<Source>

    init() throws {
        SamplingSession.blockChildSignal()
        program = try TestProgram("calibrated")
        let context = try ProcessContext(of: program.id, in: ProcFS())
        tracker = try ThreadTracker(of: context.directory, countsTimeslices: true)
        _ = try tracker.refresh()
        let entry = try #require(tracker.ordered.first)
        candidate = SampleCandidate(
            context: context, entry: entry,
            thread: ThreadIdentity(process: program.id, thread: entry.id, name: "", processName: ""), presence: .any)
        reader = RunningStackReader(source: source, copier: StackCopier())
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
