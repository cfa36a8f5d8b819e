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
