import Foundation
import SystemSupport
import Testing

@testable import WorkerControl

/// The clock of the worker's deadlines.
@Suite struct WorkClockTests {
    @Test func `The time that a download takes counts for no deadline`() {
        let clock = WorkClock()
        let start = clock.now
        let deadlines = Deadlines(nanoseconds: 1 << 40, by: clock) { false }
        var waited: UInt64 = 0
        clock.standStill {
            let start = MonotonicTime.now
            while waited < 10_000_000 { waited = MonotonicTime.now.since(start) }
        }
        let all = MonotonicTime.now.nanoseconds - start.nanoseconds
        #expect(clock.now.since(start) <= all && MonotonicTime.now.since(clock.now) >= waited)
        #expect(!deadlines.mustEnd)
    }

    @Test func `A deadline ends by the clock, or when it is cancelled`() {
        let clock = WorkClock()
        let passed = Deadlines(nanoseconds: 0, by: clock) { false }
        #expect(Deadlines(nanoseconds: 1 << 40, by: clock) { true }.mustEnd)
        let isPassed = { passed.mustEnd }
        var polls = 0
        while !isPassed(), polls < 1_000_000 { polls += 1 }
        #expect(passed.mustEnd)
    }
}
