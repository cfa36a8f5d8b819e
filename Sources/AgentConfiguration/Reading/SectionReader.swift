/// Finds the fields of a YAML mapping and of the sections in it.
struct SectionReader<Root: Sendable> {
    let fields: [Field<Root>]
    let path: String
    /// What stands before the keys in messages, such as `groups[0].`.
    let prefix: String
    /// Keys that somebody else reads.
    let otherKeys: [String]
    private(set) var assignments: [Assignment<Root>] = []
    private(set) var others: [YamlEntry] = []
    private(set) var problems: [ConfigurationProblem] = []

    init(_ fields: [Field<Root>], path: String, prefix: String = "", otherKeys: [String] = []) {
        self.fields = fields
        self.path = path
        self.prefix = prefix
        self.otherKeys = otherKeys
    }

    mutating func read(_ entries: [YamlEntry], in section: [String] = []) {
        var lines: [String: Int] = [:]
        for entry in entries {
            if let line = lines[entry.key] {
                report(entry, section, .duplicateKey(firstLine: line))
                continue
            }
            lines[entry.key] = entry.position.line
            read(entry, in: section)
        }
    }

    private mutating func read(_ entry: YamlEntry, in section: [String]) {
        let path = section + [entry.key]
        if section.isEmpty, otherKeys.contains(entry.key) {
            others.append(entry)
            return
        }
        let order = fields.firstIndex { $0.path == path }
        let children = self.children(of: path)
        switch entry.value.content {
        case .mapping(let entries) where !children.isEmpty: read(entries, in: path)
        case .nothing where !children.isEmpty: break
        default:
            if let order {
                assign(entry.value, order, section)
            } else if children.isEmpty {
                report(entry, section, .unknownKey(suggestion: suggestion(for: entry.key, in: section)))
            } else {
                let expected = "a section with the keys \(children.joined(separator: ", "))"
                report(entry.value, path, .wrongValue(found: entry.value.summary, expected: expected))
            }
        }
    }

    private mutating func assign(_ node: YamlNode, _ order: Int, _ section: [String]) {
        let field = fields[order]
        guard let value = node.rawValue(of: field.shape) else {
            report(node, field.path, .wrongValue(found: node.summary, expected: field.expectation))
            return
        }
        var assignment = Assignment<Root>(order: order, value: value, place: place(node.position))
        if case .sequence(let nodes) = node.content { assignment.elementPlaces = nodes.map { place($0.position) } }
        assignments.append(assignment)
    }

    private func children(of path: [String]) -> [String] {
        var names: [String] = []
        for field in fields where field.path.count > path.count && field.path.starts(with: path) {
            let name = field.path[path.count]
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// A key of the section, or one of that name elsewhere.
    private func suggestion(for key: String, in section: [String]) -> String? {
        let here = children(of: section) + (section.isEmpty ? otherKeys : [])
        if let near = NearMiss.suggestion(for: key, among: here) { return near }
        return fields.first { $0.path.last == key }?.key
    }

    private func place(_ position: TextPosition) -> ConfigurationProblem.Place { .file(path: path, position) }

    private mutating func report(_ entry: YamlEntry, _ section: [String], _ fault: ConfigurationProblem.Fault) {
        let key = prefix + (section + [entry.key]).joined(separator: ".")
        problems.append(ConfigurationProblem(place: place(entry.position), key: key, fault: fault))
    }

    private mutating func report(_ node: YamlNode, _ path: [String], _ fault: ConfigurationProblem.Fault) {
        let key = prefix + path.joined(separator: ".")
        problems.append(ConfigurationProblem(place: place(node.position), key: key, fault: fault))
    }
}

extension YamlNode {
    /// For a message: the text itself, or what it is.
    var summary: String {
        switch content {
        case .scalar(let text): text
        case .nothing: "nothing"
        case .sequence: "a list"
        case .mapping: "a section"
        }
    }

    private var text: String? {
        guard case .scalar(let text) = content else { return nil }
        return text
    }

    /// `nil` where the node has another shape.
    func rawValue<Root>(of shape: Field<Root>.Shape) -> RawValue? {
        switch (shape, content) {
        case (.text, .scalar(let text)): return .text(text)
        case (.list, .sequence(let nodes)):
            let texts = nodes.compactMap(\.text)
            return texts.count == nodes.count ? .list(texts) : nil
        case (.table, .mapping(let entries)):
            let pairs = entries.compactMap { entry in entry.value.text.map { (entry.key, $0) } }
            guard pairs.count == entries.count else { return nil }
            let table = Dictionary(pairs) { first, _ in first }
            return table.count == pairs.count ? .table(table) : nil
        default: return nil
        }
    }
}
