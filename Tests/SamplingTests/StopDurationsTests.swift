import Foundation
import TestSupport
import Testing

@testable import Sampling

@Suite struct StopDurationsTests {
    @Test(arguments: [0, 0.01, 0.5, 0.9, 0.99, 0.999, 1])
    func `A percentile is right within a sixteenth`(quantile: Double) {
        var random = SeededGenerator(state: 5)
        let times = (0..<10_000).map { _ in UInt64(exp2(Double.random(in: 0..<40, using: &random))) }
        var stopDurations = StopDurations()
        for time in times { stopDurations.add(nanoseconds: time) }
        let exact = times.sorted()[min(times.count - 1, Int(Double(times.count) * quantile))]
        let difference = stopDurations.percentile(quantile).map { Double($0) - Double(exact) }
        #expect(abs(difference ?? .infinity) <= Double(exact) / 16)
        #expect(stopDurations.maximum == times.max())
        #expect(stopDurations.totalNanoseconds == times.reduce(0, +))
        #expect(stopDurations.count == 10_000)
    }

    @Test func `Without times there is no percentile`() {
        #expect(StopDurations().percentile(0.5) == nil)
    }

    @Test(arguments: [0, 1, 15, 16, 17, UInt64.max])
    func `The smallest and the largest times have a place`(time: UInt64) {
        var stopDurations = StopDurations()
        stopDurations.add(nanoseconds: time)
        #expect(abs(Double(stopDurations.percentile(0.5) ?? 0) - Double(time)) <= Double(time) / 16)
    }
}
