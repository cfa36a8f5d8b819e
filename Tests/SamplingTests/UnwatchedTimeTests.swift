import SystemSupport
import Testing

@testable import Sampling

/// A process whose threads run by the book.
private struct Process {
    var time = UnwatchedTime(tolerance: .little)
    private var clock: Int64 = 5_000_000_000
    private var known: Int64 = 5_000_000_000
    private var now = MonotonicTime(nanoseconds: 1)
    private static let interval: UInt64 = 10_000_000

    init(tolerance: UnwatchedTime.Tolerance) {
        time = UnwatchedTime(tolerance: tolerance)
        for _ in 0..<20 { _ = tick() }
    }

    /// Whether all threads are polled after threads have run so long, in nanoseconds.
    mutating func tick(watched: Int64 = 0, unwatched: Int64 = 0) -> Bool {
        now = now.advanced(by: Self.interval)
        clock += watched + unwatched
        known += watched
        unknown += unwatched
        let mustPoll = time.mustPollAll(clock: clock, threads: known, at: now)
        if mustPoll {
            time.find(unknown)
            known += unknown
            unknown = 0
            time.finishPoll(clock: clock, threads: known)
        }
        return mustPoll
    }

    private var unknown: Int64 = 0
}

@Suite struct UnwatchedTimeTests {
    @Test(arguments: [UnwatchedTime.Tolerance.nothing, .little])
    func `Nothing is polled while only watched threads run`(tolerance: UnwatchedTime.Tolerance) {
        var process = Process(tolerance: tolerance)
        for _ in 0..<1000 {
            let polls = process.tick(watched: 10_000_000)
            #expect(!polls)
        }
        #expect(process.time.missed == 0)
    }

    @Test func `Where nothing may go unseen, one microsecond is polled once`() {
        var process = Process(tolerance: .nothing)
        for _ in 0..<10 {
            let polls = process.tick(watched: 5_000_000, unwatched: 1000)
            #expect(polls)
            let pollsAgain = process.tick(watched: 5_000_000)
            #expect(!pollsAgain)
        }
    }

    @Test func `Threads that run much between them are polled every time, and nothing is missed`() {
        var process = Process(tolerance: .little)
        _ = process.tick(watched: 1_000_000, unwatched: 1_000_000)
        let missed = process.time.missed
        for _ in 0..<1000 {
            let polls = process.tick(watched: 1_000_000, unwatched: 1_000_000)
            #expect(polls)
        }
        #expect(process.time.missed == missed)
    }

    @Test func `What is too little to poll is counted as missed to the nanosecond`() {
        var process = Process(tolerance: .little)
        for _ in 0..<1000 {
            let polls = process.tick(watched: 10_000_000, unwatched: 1000)
            #expect(!polls)
        }
        #expect(process.time.missed == 1_000_000)
    }

    @Test func `Time of which a thread is found to have been the one is not missed twice`() {
        var process = Process(tolerance: .little)
        for _ in 0..<100 { _ = process.tick(watched: 10_000_000, unwatched: 1000) }
        // It is polled by turns: known to have run, it is unwatched still.
        var time = process.time
        time.find(100_000)
        let polls = time.mustPollAll(
            clock: 5_000_000_000 + 100 * 10_001_000, threads: 5_000_000_000 + 100 * 10_001_000,
            at: MonotonicTime(nanoseconds: 3_000_000_000))
        #expect(!polls && time.missed == 100_000)
    }

    @Test func `After a burst is over, polls of all end`() {
        var process = Process(tolerance: .little)
        for _ in 0..<50 { _ = process.tick(watched: 10_000_000, unwatched: 10_000_000) }
        var polls = 0
        while process.tick(watched: 10_000_000), polls < 2000 { polls += 1 }
        #expect(polls < 500)
    }
}
