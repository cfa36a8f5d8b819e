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

    private static let shownMark = "# shown: "

    /// The type of a text's values that is shown where the text doesn't say: perf counts samples.
    static func shown(of types: [SampleType]) -> SampleType {
        types.first { $0 == .offCPU || $0.unit == .bytes } ?? .samples
    }

    /// The name in a line that says which type is shown; `nil` of another comment.
    static func shown(in line: ArraySlice<UInt8>) -> String? {
        line.starts(with: shownMark.utf8) ? line.dropFirst(shownMark.utf8.count).trimmed.text : nil
    }

    /// The comment that ends a text whose profile shows another type; nothing where it need not.
    static func shownLine(of profile: Profile) -> String {
        let written = name(of: profile.sampleTypes[profile.writtenType])
        let shown = name(of: profile.shownSampleType)
        let expected = name(of: Self.shown(of: [.samples, type(of: written)]))
        return shown != expected && ["samples", written].contains(shown) ? "\(shownMark)\(shown)\n" : ""
    }

    /// What the periods of an event are: perf counts events such as `cycles:P`; its clocks count nanoseconds.
    static func type(of name: String) -> SampleType {
        let plain = name.split(separator: ":").first.map(String.init) ?? name
        if plain == "task-clock" { return .cpu }
        if let (type, _) = known.first(where: { $0.name == plain }) { return type }
        return SampleType(name: name, unit: name.hasSuffix("_space") ? .bytes : .count)
    }
}
