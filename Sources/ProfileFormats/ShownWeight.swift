import Profiles
import SystemSupport

/// How the values of a profile are written for people, and for tools that know one integer per stack: samples as they
/// are, times in microseconds.
extension SampleType.Unit {
    /// A value in the unit that is written: at least 1 for what was seen at all, 0 for a negative value.
    func weight(of value: Int64) -> UInt64 {
        guard value > 0 else { return 0 }
        switch self {
        case .count, .bytes, .other: return UInt64(value)
        case .nanoseconds: return max(1, (UInt64(value) + 500) / 1_000)
        }
    }

    /// A weight and its unit, as in `1,234 samples` and `1,234 µs`.
    func text(ofWeight weight: UInt64) -> String {
        switch self {
        case .count: NumberText.count(weight, "sample")
        case .nanoseconds: "\(NumberText.grouped(weight)) µs"
        case .bytes: NumberText.count(weight, "byte")
        case .other(let name): "\(NumberText.grouped(weight)) \(printable(name, limit: 32))"
        }
    }

    /// What all stacks weigh together, in a word.
    var whole: String {
        switch self {
        case .count: "samples"
        case .nanoseconds: "time"
        case .bytes: "bytes"
        case .other(let name): printable(name, limit: 32)
        }
    }
}
