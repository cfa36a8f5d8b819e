/// What a value of a sample measures: pprof's type and unit.
package struct SampleType: Hashable, Sendable {
    /// As pprof names it, such as `samples`, `cpu` or `inuse_space`.
    package let name: String
    package let unit: Unit

    package init(name: String, unit: Unit) {
        self.name = name
        self.unit = unit
    }

    /// How often the stack was sampled.
    package static let samples = SampleType(name: "samples", unit: .count)
    /// Time on a CPU.
    package static let cpu = SampleType(name: "cpu", unit: .nanoseconds)
    /// Elapsed time, running or asleep.
    package static let wall = SampleType(name: "wall", unit: .nanoseconds)
    /// Time between leaving a CPU and running again.
    package static let offCPU = SampleType(name: "off_cpu", unit: .nanoseconds)

    /// What all values of a type are given in.
    package enum Unit: Hashable, Sendable {
        case count
        case nanoseconds
        case bytes
        /// Another one that a file names, such as `joules`.
        case other(String)

        /// As pprof names it.
        package var name: String {
            switch self {
            case .count: "count"
            case .nanoseconds: "nanoseconds"
            case .bytes: "bytes"
            case .other(let name): name
            }
        }

        package init(named name: String) {
            switch name {
            case "count": self = .count
            case "nanoseconds": self = .nanoseconds
            case "bytes": self = .bytes
            default: self = .other(name)
            }
        }
    }
}
