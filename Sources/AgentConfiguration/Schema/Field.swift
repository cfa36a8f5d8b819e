/// A value as it was given, before it has a type.
package enum RawValue: Hashable, Sendable {
    case text(String)
    case list([String])
    case table([String: String])
}

/// Why a value was not taken.
struct ValueFault: Error {
    /// Which of a list.
    var element: Int?
    let found: String
    let expected: String
}

/// A key of a configuration, or of one of its records.
struct Field<Root: Sendable>: Sendable {
    enum Shape: Sendable {
        case text
        case list
        case table
    }

    let path: [String]
    let shape: Shape
    let expectation: String
    /// It can't be changed while the agent runs.
    private(set) var needsRestart = false
    private(set) var set: @Sendable (inout Root, RawValue) throws(ValueFault) -> Void
    /// `nil` for what is not set.
    let value: @Sendable (Root) -> RawValue?
    /// The value without what has to stay secret.
    private(set) var masked: (@Sendable (Root) -> RawValue?)?

    var key: String { path.joined(separator: ".") }

    init(
        path: [String], shape: Shape, expectation: String,
        set: @escaping @Sendable (inout Root, RawValue) throws(ValueFault) -> Void,
        value: @escaping @Sendable (Root) -> RawValue?
    ) {
        self.path = path
        self.shape = shape
        self.expectation = expectation
        self.set = set
        self.value = value
    }

    /// One value at a key path.
    init<Value>(
        _ key: String, _ place: any WritableKeyPath<Root, Value> & Sendable, _ format: ValueFormat<Value>
    ) {
        self.init(
            path: Self.split(key), shape: .text, expectation: format.expectation,
            set: { (root, raw) throws(ValueFault) in root[keyPath: place] = try Self.parse(raw, format) },
            value: { root in
                let text = format.text(root[keyPath: place])
                return text.isEmpty ? nil : .text(text)
            })
    }

    /// A list of values at a key path.
    init<Value>(
        _ key: String, list place: any WritableKeyPath<Root, [Value]> & Sendable, _ format: ValueFormat<Value>,
        _ count: ClosedRange<Int> = 0...1000
    ) {
        let expectation = "a list of \(count.lowerBound) to \(count.upperBound) values, each \(format.expectation)"
        self.init(
            path: Self.split(key), shape: .list, expectation: expectation,
            set: { (root, raw) throws(ValueFault) in
                guard case .list(let texts) = raw, count.contains(texts.count) else {
                    throw ValueFault(found: "\(raw)", expected: expectation)
                }
                var values: [Value] = []
                for (index, text) in texts.enumerated() {
                    guard let value = format.parse(text) else {
                        throw ValueFault(element: index, found: text, expected: format.expectation)
                    }
                    values.append(value)
                }
                root[keyPath: place] = values
            },
            value: { .list($0[keyPath: place].map(format.text)) })
    }

    static func parse<Value>(_ raw: RawValue, _ format: ValueFormat<Value>) throws(ValueFault) -> Value {
        guard case .text(let text) = raw, let value = format.parse(text) else {
            throw ValueFault(found: "\(raw)", expected: format.expectation)
        }
        return value
    }

    static func split(_ key: String) -> [String] { key.split(separator: ".").map(String.init) }

    func needingRestart() -> Field {
        var copy = self
        copy.needsRestart = true
        return copy
    }

    /// With a text that says where it leads, and nothing secret; a message about a wrong value shows nothing of it.
    func masking(_ mask: @escaping @Sendable (String) -> String) -> Field {
        var copy = self
        copy.set = { [set] (root, raw) throws(ValueFault) in
            do throws(ValueFault) {
                try set(&root, raw)
            } catch {
                throw ValueFault(element: error.element, found: "a value that is not shown", expected: error.expected)
            }
        }
        copy.masked = { [value] root in
            guard case .list(let texts) = value(root) else { return value(root) }
            return .list(texts.map(mask))
        }
        return copy
    }
}

extension RawValue: CustomStringConvertible {
    /// For a message.
    package var description: String {
        switch self {
        case .text(let text): text
        case .list(let texts): texts.isEmpty ? "an empty list" : "a list of \(texts.count)"
        case .table(let pairs): "a table of \(pairs.count)"
        }
    }
}
