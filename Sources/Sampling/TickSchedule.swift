internal import Glibc
internal import SystemSupport

/// When to sample: gaps drawn from an exponential distribution.
///
/// Ticks at equal distances alias with work that is periodic at the same rate; the ticks of a Poisson process see every
/// phase of it with equal probability.
struct TickSchedule<Generator: RandomNumberGenerator> {
    /// What came of waiting for a tick.
    struct Arrival: Equatable {
        /// The tick came later than half the mean gap after its time.
        let isLate: Bool
        /// Ticks whose time had gone by as well; they are not made up for.
        let missed: Int
    }

    private let meanGap: Double
    private var generator: Generator
    private(set) var next: MonotonicTime

    /// - Parameter rate: ticks a second, above zero.
    init(rate: Double, from start: MonotonicTime, generator: Generator) {
        meanGap = 1e9 / rate
        self.generator = generator
        next = start
        next = start.advanced(by: gap())
    }

    /// Takes the tick that is due at `now`, and draws the next one after it.
    mutating func arrive(at now: MonotonicTime) -> Arrival {
        let isLate = Double(now.since(next)) > meanGap / 2
        var missed = 0
        next = next.advanced(by: gap())
        while next.nanoseconds.advancedClamped(by: meanGap) < now.nanoseconds {
            missed += 1
            next = next.advanced(by: gap())
        }
        return Arrival(isLate: isLate, missed: missed)
    }

    private mutating func gap() -> UInt64 {
        // In 0 ..< 1, so that the logarithm is of a positive number.
        let uniform = Double.random(in: 0..<1, using: &generator)
        return UInt64(-log(1 - uniform) * meanGap)
    }
}

extension UInt64 {
    fileprivate func advancedClamped(by distance: Double) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(UInt64(distance))
        return overflow ? .max : sum
    }
}

extension MonotonicTime {
    /// When a tick was that came so many before the one at this time, at the period of ticks in nanoseconds.
    func before(ticks: Int, period: UInt64) -> MonotonicTime {
        let (distance, overflow) = UInt64(max(0, ticks)).multipliedReportingOverflow(by: period)
        return MonotonicTime(nanoseconds: overflow || distance > nanoseconds ? 0 : nanoseconds - distance)
    }
}

/// A pseudo-random generator that needs no system call.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
