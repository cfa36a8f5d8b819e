import HostWatch

/// Why fields of a record are `null`: the field's name and `not_permitted`, `not_offered`, `not_read` or `not_yet`.
struct UnknownFields: Encodable, Sendable {
    private var reasons: [String: String] = [:]

    /// The value, or nothing and its reason kept.
    mutating func value<Value>(of known: Known<Value>, _ fields: String...) -> Value? {
        let reason: String
        switch known {
        case .value(let value): return value
        case .notPermitted: reason = "not_permitted"
        case .notOffered: reason = "not_offered"
        case .notRead: reason = "not_read"
        }
        for field in fields { reasons[field] = reason }
        return nil
    }

    /// The value, which only a second look gives.
    mutating func rate(_ value: Double?, _ field: String) -> Double? {
        if let value = finite(value) { return value }
        reasons[field] = "not_yet"
        return nil
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(reasons)
    }
}

/// Nothing for what JSON has no number for.
func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
