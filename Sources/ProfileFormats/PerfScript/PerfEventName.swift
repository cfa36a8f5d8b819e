import Profiles

/// How types of values are called as events of perf.
enum PerfEventName {
    private static let known: [(type: SampleType, name: String)] = [
        (.cpu, "cpu-clock"), (.wall, "wall-clock"), (.offCPU, "off-cpu"), (.samples, "samples"),
    ]

    /// The event that stands for a type; without spaces and colons, which end an event's name.
    static func name(of type: SampleType) -> String {
        if let (_, name) = known.first(where: { $0.type == type }) { return name }
        let scalars = type.name.unicodeScalars.map { scalar -> Unicode.Scalar in
            scalar.isASCII && scalar.value > 0x20 && scalar != ":" && scalar.value != 0x7F ? scalar : "_"
        }
        return scalars.isEmpty ? "values" : String(String.UnicodeScalarView(scalars))
    }

    /// What the periods of an event are: perf counts events such as `cycles:P`; its clocks count nanoseconds.
    static func type(of name: String) -> SampleType {
        let plain = name.split(separator: ":").first.map(String.init) ?? name
        if plain == "task-clock" { return .cpu }
        if let (type, _) = known.first(where: { $0.name == plain }) { return type }
        return SampleType(name: name, unit: name.hasSuffix("_space") ? .bytes : .count)
    }
}
