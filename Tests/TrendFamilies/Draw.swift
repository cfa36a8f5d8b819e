import Glibc
import TestSupport

/// Random numbers of the usual distributions, the same in every run for one seed.
package struct Draw {
    private var generator: SeededGenerator

    /// - Parameters:
    ///   - family: what the numbers are for; two families draw apart.
    ///   - index: which series of that family.
    package init(seed: UInt64, family: String, index: Int) {
        // FNV-1a: Swift's own hash differs from run to run.
        let hash = family.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        generator = SeededGenerator(state: hash ^ (seed &* 0x9E37_79B9) ^ (UInt64(index) &* 0xD6E8_FEB8_6659_FD93))
        _ = generator.next()
    }

    package mutating func uniform(_ low: Double = 0, _ high: Double = 1) -> Double {
        low + (high - low) * (Double(generator.next() >> 11) * 0x1p-53)
    }

    /// Uniform in the logarithm.
    package mutating func spread(_ low: Double, _ high: Double) -> Double { exp(uniform(log(low), log(high))) }

    /// Low to high, both included.
    package mutating func whole(_ low: Int, _ high: Int) -> Int {
        Int.random(in: low...high, using: &generator)
    }

    package mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

    package mutating func one<Value>(of values: Value...) -> Value { values[whole(0, values.count - 1)] }

    /// Standard normal (Box and Muller).
    package mutating func normal() -> Double {
        (-2 * log(max(uniform(), 1e-300))).squareRoot() * cos(2 * .pi * uniform())
    }

    /// Exponential with mean 1.
    package mutating func exponential() -> Double { -log(max(uniform(), 1e-300)) }

    /// The number of events within `mean` mean waiting times.
    package mutating func poisson(_ mean: Double) -> Int {
        var (count, passed) = (0, exponential())
        while passed < mean { (count, passed) = (count + 1, passed + exponential()) }
        return count
    }
}
