/// How a value is written in a configuration.
struct ValueFormat<Value: Sendable>: Sendable {
    /// What is accepted, to be read after "expected", such as `a duration from 1s to 1h, such as 5s`.
    let expectation: String
    let parse: @Sendable (String) -> Value?
    /// The value as `parse` reads it.
    let text: @Sendable (Value) -> String

    init(
        _ expectation: String, parse: @escaping @Sendable (String) -> Value?,
        text: @escaping @Sendable (Value) -> String
    ) {
        self.expectation = expectation
        self.parse = parse
        self.text = text
    }

    /// The same, or a word that stands for no value.
    func orOff() -> ValueFormat<Value?> {
        ValueFormat<Value?>(
            "\(expectation), or off",
            parse: { text in text == "off" ? .some(nil) : parse(text).map { .some($0) } },
            text: { $0.map(text) ?? "off" })
    }

    /// The same for a value that has no text while it is not set.
    func orUnset() -> ValueFormat<Value?> {
        ValueFormat<Value?>(expectation, parse: { text in parse(text).map { .some($0) } }, text: { $0.map(text) ?? "" })
    }
}

extension ValueFormat<Bool> {
    static let flag = ValueFormat(
        "true or false", parse: { ["true": true, "false": false][$0.lowercased()] }, text: { "\($0)" })
}

extension ValueFormat<Int> {
    static func count(_ range: ClosedRange<Int>) -> ValueFormat {
        ValueFormat(
            "a whole number from \(range.lowerBound) to \(range.upperBound)",
            parse: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }, text: { "\($0)" })
    }
}

extension ValueFormat<String> {
    static let text = ValueFormat("text of 1 to 1000 characters", parse: { (1...1000).contains($0.count) ? $0 : nil })

    static let userName = ValueFormat(
        "a user's name or number, such as sonde",
        parse: {
            (1...256).contains($0.utf8.count) && !$0.utf8.contains(where: { $0 <= 0x20 || $0 == 0x3A }) ? $0 : nil
        })

    static let path = ValueFormat(
        "an absolute path", parse: { $0.hasPrefix("/") && $0.utf8.count < 4096 && !$0.contains("\0") ? $0 : nil })

    init(_ expectation: String, parse: @escaping @Sendable (String) -> String?) {
        self.init(expectation, parse: parse, text: { $0 })
    }

    static func choice(_ values: [String]) -> ValueFormat {
        ValueFormat("one of \(values.joined(separator: ", "))", parse: { values.contains($0) ? $0 : nil })
    }
}

extension ValueFormat where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    static var choice: ValueFormat {
        ValueFormat(
            "one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))", parse: { Value(rawValue: $0) },
            text: \.rawValue)
    }
}
