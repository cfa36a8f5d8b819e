import Foundation
import SystemSupport
import TestSupport
import Testing

@testable import Sampling

@Suite struct TickScheduleTests {
    private static let start = MonotonicTime(nanoseconds: 1_000_000_000)

    private func schedule(rate: Double, seed: UInt64 = 1) -> TickSchedule<SeededGenerator> {
        TickSchedule(rate: rate, from: Self.start, generator: SeededGenerator(state: seed))
    }

    /// The gaps of a sampler that is never late, in seconds.
    private func gaps(_ count: Int, rate: Double, seed: UInt64) -> [Double] {
        var schedule = schedule(rate: rate, seed: seed)
        return (0..<count).map { _ in
            let tick = schedule.next
            _ = schedule.arrive(at: tick)
            return Double(schedule.next.since(tick)) / 1e9
        }
    }

    @Test(arguments: [1.0, 99, 10_000]) func `The gaps are exponentially distributed`(rate: Double) {
        let gaps = gaps(20_000, rate: rate, seed: 7)
        #expect(kolmogorovDistance(of: gaps) { 1 - exp(-$0 * rate) } < 2.47)
        // The standard deviation of an exponential distribution is its mean.
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        #expect(abs(mean * rate - 1) < 4.5 / Double(gaps.count).squareRoot())
    }

    @Test func `A gap says nothing about the next`() {
        let gaps = gaps(20_000, rate: 1, seed: 3)
        let products = zip(gaps, gaps.dropFirst()).map { ($0 - 1) * ($1 - 1) }
        #expect(abs(products.reduce(0, +)) < 4.5 * Double(products.count).squareRoot())
    }

    @Test func `Work at the sampling rate is seen at all its phases`() {
        var schedule = schedule(rate: 100)
        let phases = (0..<20_000).map { _ in
            _ = schedule.arrive(at: schedule.next)
            return Double(schedule.next.nanoseconds % 10_000_000) / 1e7
        }
        #expect(kolmogorovDistance(of: phases) { $0 } < 2.47)
    }

    @Test func `A tick is late after half the mean gap`() {
        var schedule = schedule(rate: 100)
        let onTime = schedule.arrive(at: schedule.next.advanced(by: 5_000_000))
        let late = schedule.arrive(at: schedule.next.advanced(by: 5_000_001))
        #expect(!onTime.isLate && late.isLate)
    }

    @Test func `Ticks that went by are counted and not made up for`() {
        var schedule = schedule(rate: 1000)
        let stall = Self.start.advanced(by: 10_000_000_000)
        let arrival = schedule.arrive(at: stall)
        #expect(arrival.isLate)
        // A Poisson process has the variance of its mean.
        #expect(abs(Double(arrival.missed) - 10_000) < 4.5 * 100)
        #expect(schedule.next.advanced(by: 1_000_000) >= stall)
    }
}
