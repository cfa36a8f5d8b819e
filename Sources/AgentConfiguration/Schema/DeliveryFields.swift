internal import Foundation

/// What of an address may be shown.
enum SecretAddress {
    private static let mask = "***"

    /// Webhooks often have their secret in the path.
    static func withoutPath(_ address: String) -> String {
        guard let parts = URLComponents(string: address), let scheme = parts.scheme, let host = parts.encodedHost else {
            return mask
        }
        return "\(scheme)://\(host)\(parts.port.map { ":\($0)" } ?? "")/\(mask)"
    }

    static func withoutCredentials(_ address: String) -> String {
        guard var parts = URLComponents(string: address) else { return mask }
        if parts.user != nil { parts.user = mask }
        if parts.password != nil { parts.password = nil }
        if parts.query != nil { parts.query = mask }
        return parts.string ?? mask
    }
}

extension Field {
    /// Names with texts.
    init(
        _ key: String, table place: any WritableKeyPath<Root, [String: String]> & Sendable, names: ValueFormat<String>
    ) {
        let texts = ValueFormat<String>.text
        let expectation = "a table of up to 32 labels, each with a text"
        self.init(
            path: Self.split(key), shape: .table, expectation: expectation,
            set: { (root, raw) throws(ValueFault) in
                guard case .table(let table) = raw, table.count <= 32 else {
                    throw ValueFault(found: "\(raw)", expected: expectation)
                }
                for (name, text) in table.sorted(by: { $0.key < $1.key }) {
                    guard names.parse(name) != nil else { throw ValueFault(found: name, expected: names.expectation) }
                    guard texts.parse(text) != nil else { throw ValueFault(found: text, expected: texts.expectation) }
                }
                root[keyPath: place] = table
            },
            value: { .table($0[keyPath: place]) })
    }
}
