/// What a value of a sample measures: pprof's type and unit.
package enum SampleType: String, Hashable, Sendable {
    /// How often the stack was sampled.
    case samples
    /// Time on a CPU.
    case cpu
    /// Elapsed time, running or asleep.
    case wall
    /// Time between leaving a CPU and running again.
    case offCPU = "off_cpu"

    /// What all values of a type are given in.
    package enum Unit: String, Hashable, Sendable {
        case count
        case nanoseconds
    }

    /// The unit of the type's values.
    package var unit: Unit {
        switch self {
        case .samples: .count
        case .cpu, .wall, .offCPU: .nanoseconds
        }
    }
}
