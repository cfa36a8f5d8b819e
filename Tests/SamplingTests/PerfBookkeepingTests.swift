import Foundation
import ProcFS
import ProfileModel
import SystemSupport
import TestSupport
import Testing

@testable import PerfEvents
@testable import Sampling

/// The small parts by which events are put in order, paced and compared.
@Suite struct PerfBookkeepingTests {
    private func time(_ milliseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    // MARK: - Order

    private func record(at time: MonotonicTime) -> PerfRecord {
        PerfRecord(
            time: time.nanoseconds, process: ProcessID(rawValue: 1), thread: ThreadID(rawValue: 1), content: .throttled)
    }

    @Test func `Records of several rings come in the order of their times`() {
        var order = RecordOrder()
        for milliseconds: UInt64 in [5, 9, 12, 1, 7, 20] { order.add(record(at: time(milliseconds))) }
        let taken = order.take(readAt: time(41)).records.map(\.time)
        #expect(taken == [1, 5, 7, 9, 12, 20].map { $0 * 1_000_000 })
    }

    @Test func `A record that could still have an older neighbour waits`() {
        var order = RecordOrder()
        order.add(record(at: time(10)))
        order.add(record(at: time(19)))
        let (first, horizon) = order.take(readAt: time(35))
        #expect(first.map(\.time) == [10_000_000])
        #expect(horizon < time(19) && horizon >= time(10))
        // The other ring's record was on its way.
        order.add(record(at: MonotonicTime(nanoseconds: 18_500_000)))
        let (second, _) = order.take(readAt: time(40))
        #expect(second.map(\.time) == [18_500_000, 19_000_000])
        let (rest, _) = order.takeAll()
        #expect(rest.isEmpty)
    }

    @Test func `At the end none waits`() {
        var order = RecordOrder()
        order.add(record(at: MonotonicTime(nanoseconds: .max - 3_000_000)))
        order.add(record(at: time(1)))
        let (first, _) = order.take(readAt: time(1))
        #expect(first.isEmpty)
        let (rest, _) = order.takeAll()
        #expect(rest.count == 2)
    }

    // MARK: - Hold budget

    @Test func `One slow moment doesn't exceed the budget, two in a row do`() {
        var budget = StopBudget(share: 0.005, from: time(0))
        let stopDurations: [(milliseconds: UInt64, at: UInt64)] = [
            (900, 999), (900, 1000), (901, 2000), (921, 3000), (941, 4000),
        ]
        let excess = stopDurations.map {
            budget.excess(stoppedNanoseconds: $0.milliseconds * 1_000_000, at: time($0.at))
        }
        #expect(excess == [nil, nil, nil, nil, 0.02])
    }

    @Test func `Within the budget nothing happens`() {
        var budget = StopBudget(share: 0.005, from: time(0))
        for second: UInt64 in 1...50 {
            let excess = budget.excess(stoppedNanoseconds: second * 5_000_000, at: time(second * 1000))
            #expect(excess == nil)
        }
    }

    // MARK: - Pace

    /// How a period is adapted to that many switches in a second.
    private func adapted(_ period: UInt64, switches: Int, limit: Int = 99, hasLost: Bool = false) -> UInt64 {
        var pace = SwitchPace(limit: limit, procfs: ProcFS())
        for _ in 0..<switches { pace.count() }
        if hasLost { pace.noteLoss() }
        return pace.adapted(period, at: MonotonicTime.now.advanced(by: 1_000_000_000))
    }

    @Test func `Few switches are all sampled`() { #expect(adapted(1, switches: 900) == 1) }

    @Test(arguments: [2000, 5000, 50_000, 400_000])
    func `Many switches are sampled within the limit, and not far below it`(switches: Int) {
        let samples = switches / Int(adapted(1, switches: switches))
        #expect(samples <= 990 && samples > 990 / 3)
    }

    @Test func `A loop with a few waits is not always seen in the same`() {
        for switches in stride(from: 1000, to: 3_000_000, by: 37_000) {
            let period = adapted(1, switches: switches)
            for waits: UInt64 in [2, 4, 5, 6, 8, 10, 12] where period > waits { #expect(period % waits != 0) }
        }
    }

    @Test func `A loss makes it sample less`() {
        #expect(adapted(1, switches: 10, hasLost: true) > 1)
        #expect(adapted(1_048_573, switches: 10, hasLost: true) == 1_048_573)
    }

    @Test func `After a burst it waits before it samples more again`() {
        var pace = SwitchPace(limit: 99, procfs: ProcFS())
        var now = MonotonicTime.now
        var periods: [UInt64] = []
        for _ in 0..<12 {
            now = now.advanced(by: 1_000_000_000)
            periods.append(pace.adapted(31, at: now))
        }
        #expect(periods.first == 31 && periods.last == 1)
    }

    // MARK: - Coverage

    @Test func `As many samples as the CPU time calls for are enough, far fewer are not`() throws {
        let program = try TestProgram("calibrated")
        let period: UInt64 = 1_000_000
        var enough = SampleCoverage()
        var poor = SampleCoverage()
        enough.begin(program.id)
        poor.begin(program.id)
        let clock = try #require(SystemClock.cpu(ofProcess: program.id.rawValue))
        let start = try #require(clock.reading)
        let hasRun = eventually { (clock.reading ?? start) - start > 300_000_000 }
        try #require(hasRun)
        for _ in 0..<10_000 { enough.count(program.id) }
        for _ in 0..<100 { poor.count(program.id) }
        let later = MonotonicTime.now.advanced(by: 2_000_000_000)
        let arePoor = (enough.isPoor(period: period, at: later), poor.isPoor(period: period, at: later))
        #expect(arePoor == (false, true))
        // A new second has begun, in which nothing was due.
        program.kill()
        let isStillPoor = poor.isPoor(period: 1 << 40, at: later.advanced(by: 2_000_000_000))
        #expect(!isStillPoor)
        let total = poor.take(period: period)
        #expect(total.processor >= 300_000_000 && total.covered == 100 * period)
    }

    @Test func `What a second is too short to show shows as more samples fall due`() throws {
        let program = try TestProgram("calibrated")
        let clock = try #require(SystemClock.cpu(ofProcess: program.id.rawValue))
        var coverage = SampleCoverage()
        let start = try #require(clock.reading)
        coverage.begin(program.id)
        // Seven of ten, in two looks of which the first is too early to tell.
        var shares: [Double?] = []
        var counted = 0
        for (look, due) in [10.0, 300].enumerated() {
            let hasRun = eventually { Double((clock.reading ?? start) - start) > due * 1e6 }
            try #require(hasRun)
            // It has used more where this thread had to wait.
            while let used = clock.reading, Double(counted + 1) <= Double(used - start) / 1e6 * 0.7 {
                coverage.count(program.id)
                coverage.endTick()
                counted += 1
            }
            let time = MonotonicTime.now.advanced(by: UInt64(look + 1) * 2_000_000_000)
            shares.append(coverage.poorShare(period: 1_000_000, at: time))
        }
        #expect(shares[0] == nil)
        #expect(shares[1].map { $0 <= 0.7 && $0 > 0.3 } ?? false, "\(shares)")
    }

    @Test func `Samples of one moment are one piece of evidence`() throws {
        let program = try TestProgram("threads", "2", "0")
        var together = SampleCoverage()
        var apart = SampleCoverage()
        together.begin(program.id)
        apart.begin(program.id)
        for _ in 0..<100 {
            together.count(program.id, samples: 16)
            together.endTick()
            for _ in 0..<16 {
                apart.count(program.id)
                apart.endTick()
            }
        }
        let (ofOne, ofAll) = (apart.take(period: 1000), together.take(period: 1000))
        #expect(ofOne.error == 40_000)
        #expect(ofAll.error == 160_000)
    }

    @Test(arguments: [
        (89, 0, CoverageDeviation.poor), (91, 0, nil), (70, 5, .poor), (80, 1, .poor), (85, 5, nil),
        (109, 0, nil), (111, 0, .excessive), (115, 5, nil), (120, 1, .excessive), (130, 5, .excessive),
    ])
    func `Coverage is poor below nine tenths and excessive above eleven, if chance doesn't explain it`(
        covered: UInt64, error: UInt64, deviation: CoverageDeviation?
    ) {
        var ledger = SampleLedger()
        ledger.note(SampleCoverage.Total(processor: 100, covered: covered, error: error))
        #expect(ledger.coverageDeviation == deviation)
    }

    // MARK: - Live count

    @Test func `Two samplers at work show the sum of their samples`() {
        let control = SamplingControl()
        for (sample, count) in [(SampleLedger.Sample.stopped, 3), (.copied, 5), (.repeated, 1)] {
            var part = SampleLedger()
            part.note(sample, count: count)
            control.add(part)
        }
        control.show(due: 2)
        #expect(control.samples == 11)
        #expect(control.takeLedger().taken.counts == [.stopped: 3, .copied: 5, .repeated: 1])
        #expect(control.takeLedger() == SampleLedger() && control.samples == 11)
    }

    // MARK: - Queue

    @Test func `What became of a process is never refused, whatever is refused of its threads`() throws {
        let context = try ProcessContext(of: ProcessID(rawValue: getpid()), in: ProcFS())
        let thread = ThreadIdentity(
            process: context.process, thread: ThreadID(rawValue: 1), name: "", processName: "")
        let snapshot = StackSnapshot(
            process: context.process, thread: thread.thread, registers: NativeRegisters(),
            stack: StackWindow(base: Address(rawValue: 0), bytes: [UInt8](repeating: 0, count: 60_000)))
        let sample = TimedSample(snapshot: snapshot, thread: thread, time: time(1), weight: 1)
        let change = CodeChange(time: time(2), kind: .executed)
        let queue = SampleEventQueue(byteLimit: 100_000)
        let batch: [SampleEvent] = [
            .thread(thread, .timed(sample), in: context), .process(context, .code(change)),
            .process(context, .reached(time(3))), .process(context, .ended),
        ]
        #expect((0..<100).reduce(0) { sum, _ in sum + queue.append(batch) } == 99)
        let taken = try #require(queue.takeAll()).events
        // Changes for which there is no room are one that tells of them.
        #expect(taken.count { if case .process(_, .ended) = $0 { true } else { false } } == 100)
        #expect(taken.count { if case .process(_, .code) = $0 { true } else { false } } > 0)
        #expect(taken.count { $0.sampleCount > 0 } == 1)
    }
}
