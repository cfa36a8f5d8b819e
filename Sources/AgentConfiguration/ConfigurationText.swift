internal import HostWatch

/// A configuration as YAML, as `--print-config` shows it.
package struct ConfigurationText: Sendable {
    private let configuration: AgentConfiguration
    private let masksSecrets: Bool

    package init(_ configuration: AgentConfiguration, masksSecrets: Bool = true) {
        self.configuration = configuration
        self.masksSecrets = masksSecrets
    }

    /// Every key that has a value, sections in the order of the documentation.
    package var text: String {
        var lines: [String] = []
        var section: [String] = []
        for field in ConfigurationSchema.fields {
            let mask = masksSecrets ? field.masked : nil
            guard let value = (mask ?? field.value)(configuration) else { continue }
            let parents = Array(field.path.dropLast())
            let common = zip(section, parents).prefix { $0 == $1 }.count
            for depth in parents.indices.dropFirst(common) { lines.append(indent(depth) + parents[depth] + ":") }
            section = parents
            lines.append(indent(parents.count) + "\(field.path[parents.count]): \(Self.yaml(value))")
        }
        lines += records(ConfigurationSchema.records.groups) + records(ConfigurationSchema.records.pools)
        return lines.map { $0 + "\n" }.joined()
    }

    private func records<Record>(_ list: RecordList<Record>) -> [String] {
        let records = configuration[keyPath: list.place]
        guard !records.isEmpty else { return ["\(list.key): []"] }
        return ["\(list.key):"]
            + records.flatMap { record in
                let lines = list.fields.compactMap { field in
                    field.value(record).map { "\(field.key): \(Self.yaml($0))" }
                }
                return lines.enumerated().map { ($0 == 0 ? "  - " : "    ") + $1 }
            }
    }

    private func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    private static func yaml(_ value: RawValue) -> String {
        switch value {
        case .text(let text): scalar(text)
        case .list(let texts): "[" + texts.map(scalar).joined(separator: ", ") + "]"
        case .table(let table):
            "{"
                + table.sorted { $0.key < $1.key }.map { "\(scalar($0.key)): \(scalar($0.value))" }
                .joined(separator: ", ") + "}"
        }
    }

    /// Quoted unless it is a plain word or number for sure.
    private static func scalar(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            let character = Character(Unicode.Scalar(byte))
            return character.isASCII && (character.isLetter || character.isNumber) || "_./%".utf8.contains(byte)
        }
        let first = text.first
        if isPlain, first?.isLetter == true || first?.isNumber == true, text.lowercased() != "null" { return text }
        return "\"" + text.unicodeScalars.map(escaped).joined() + "\""
    }

    /// YAML 1.2, section 5.7.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"", "\\": return "\\\(scalar)"
        case " "..."~": return String(scalar)
        default:
            let digits = String(scalar.value, radix: 16)
            return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
    }
}

extension ConfigurationText {
    /// Every key that can be set, those of records with the list's name before them.
    package static var keys: [String] {
        let (groups, pools) = ConfigurationSchema.records
        return ConfigurationSchema.fields.map(\.key) + groups.fields.map { "\(groups.key).\($0.key)" }
            + pools.fields.map { "\(pools.key).\($0.key)" }
    }
}
