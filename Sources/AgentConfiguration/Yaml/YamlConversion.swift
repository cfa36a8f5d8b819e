internal import Yams

/// Makes Sonde's tree of the library's, within bounds.
struct YamlConversion {
    let keys: DistinctKeys
    private(set) var problems: [YamlProblem] = []
    private var values = 0

    init(keys: DistinctKeys) { self.keys = keys }

    /// `nil` for what is left out, which is among the problems then.
    mutating func node(from node: Node, depth: Int) -> YamlNode? {
        let position = node.mark.map { TextPosition($0) } ?? TextPosition(line: 1, column: 1)
        guard node.anchor == nil else {
            return leaveOut(position, "anchors and aliases (`&NAME`, `*NAME`) are not read here: write the value out")
        }
        guard depth <= YamlDocument.deepestNesting else { return leaveOut(position, "nested too deeply") }
        values += 1
        guard values <= YamlDocument.mostValues else { return leaveOut(position, "too many values") }
        return content(of: node, depth).map { YamlNode(content: $0, position: position) }
    }

    private mutating func content(of node: Node, _ depth: Int) -> YamlNode.Content? {
        switch node {
        case .scalar(let scalar):
            return scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
                ? .nothing : .scalar(scalar.string)
        case .sequence(let sequence):
            return .sequence(sequence.compactMap { self.node(from: $0, depth: depth + 1) })
        case .mapping(let mapping):
            return .mapping(mapping.compactMap { entry(key: $0.key, value: $0.value, depth) })
        case .alias: return nil
        }
    }

    private mutating func entry(key: Node, value: Node, _ depth: Int) -> YamlEntry? {
        guard let key = node(from: key, depth: depth + 1) else { return nil }
        guard case .scalar(let name) = key.content else {
            return leaveOut(key.position, "a key has to be a word")
        }
        guard let value = node(from: value, depth: depth + 1) else { return nil }
        return YamlEntry(key: keys.original(of: name), position: key.position, value: value)
    }

    private mutating func leaveOut<Value>(_ position: TextPosition, _ cause: String) -> Value? {
        let problem = YamlProblem(position: position, cause: cause)
        // All copies of an anchored value have its place.
        if problems.last != problem, problems.count < 100 { problems.append(problem) }
        return nil
    }
}
