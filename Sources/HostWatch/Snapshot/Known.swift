import ProcFS

/// A measured value, or why there is none: never a zero that only means "not read".
package enum Known<Value: Sendable>: Sendable {
    case value(Value)
    /// The kernel refuses it to this user.
    case notPermitted
    /// This kernel or configuration doesn't offer it.
    case notOffered
    /// It isn't read, by configuration or to stay within the budget.
    case notRead

    package var value: Value? {
        if case .value(let value) = self { value } else { nil }
    }

    package func map<Other>(_ transform: (Value) -> Other) -> Known<Other> { flatMap { .value(transform($0)) } }

    package func flatMap<Other>(_ transform: (Value) -> Known<Other>) -> Known<Other> {
        switch self {
        case .value(let value): transform(value)
        case .notPermitted: .notPermitted
        case .notOffered: .notOffered
        case .notRead: .notRead
        }
    }
}

extension Known: Equatable where Value: Equatable {}

/// The value, or what the error says about why there is none.
func known<Value>(_ read: () throws(ProcFSError) -> Value) -> Known<Value> {
    do {
        return .value(try read())
    } catch {
        return switch error {
        case .notPermitted: .notPermitted
        case .vanished, .tooLarge: .notRead
        case .notOffered, .malformed, .failed: .notOffered
        }
    }
}
