internal import ProcFS
internal import SystemSupport
internal import Yams

/// One YAML document, read within bounds: hostile text costs little and gives a problem, never a trap.
///
/// Anchors and aliases are refused: a few of them can stand for billions of values.
package struct YamlDocument: Sendable {
    /// `nil` for a text that holds nothing but comments.
    package let root: YamlNode?
    /// What was dropped from the tree.
    package let problems: [YamlProblem]

    package static let largestSize = 256 * 1024
    static let deepestNesting = 16
    static let mostValues = 20_000
    /// Aliases that a text may seem to have, so that what the library expands before it is refused stays small:
    /// N aliases stand for 3 ^ (N / 3) copies at most.
    private static let mostAliases = 8

    /// Throws where there is no tree; other problems are kept beside it.
    package init(parsing bytes: [UInt8]) throws(YamlProblem) {
        guard bytes.count <= Self.largestSize else {
            throw YamlProblem(position: nil, cause: "larger than \(Self.largestSize / 1024) KiB")
        }
        let text = try Self.text(of: bytes)
        try Self.refuseManyAliases(in: text)
        var keys = DistinctKeys(in: text)
        while true {
            do {
                let parser = try Parser(yaml: keys.text, resolver: Resolver.basic, encoding: .utf8)
                let node = try parser.singleRoot()
                var conversion = YamlConversion(keys: keys)
                root = node.flatMap { conversion.node(from: $0, depth: 0) }
                problems = conversion.problems
                // A node holds its anchor weakly, and the parser holds it for good.
                withExtendedLifetime(parser) {}
                return
            } catch {
                guard case YamlError.duplicatedKeysInMapping(_, let context) = error,
                    keys.makeDistinct(at: TextPosition(context.mark))
                else { throw YamlProblem(error, text: text) }
            }
        }
    }

    private static func text(of bytes: [UInt8]) throws(YamlProblem) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        // Repairing keeps all that is valid, so the first difference is the first byte that is not.
        let repaired = String(decoding: bytes, as: UTF8.self).utf8
        let offset = zip(bytes, repaired).prefix { $0 == $1 }.count
        throw YamlProblem(position: TextPosition(ofByte: offset, in: bytes), cause: "not UTF-8 text")
    }

    /// An alias is a `*` with a name where a value begins.
    private static func refuseManyAliases(in text: String) throws(YamlProblem) {
        var count = 0
        var previous = UInt8(ascii: "\n")
        let bytes = Array(text.utf8)
        for (offset, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "*"), " \t\r\n[{,:?-".utf8.contains(previous) { count += 1 }
            guard count <= mostAliases else {
                throw YamlProblem(
                    position: TextPosition(ofByte: offset, in: bytes),
                    cause: "too much that looks like an alias (`*NAME`), and aliases are not read here")
            }
            previous = byte
        }
    }
}

extension TextPosition {
    init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }

    /// Of a byte of a text.
    init(ofByte offset: Int, in bytes: [UInt8]) {
        let before = bytes.prefix(offset)
        let line = before.count { $0 == UInt8(ascii: "\n") }
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        self.init(line: line + 1, column: String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1)
    }
}

extension YamlProblem {
    fileprivate init(_ error: any Error, text: String) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let around = context.map { "\($0.text.trimmingPrefix { $0 == " " }) (from line \($0.mark.line)): " } ?? ""
            self.init(position: TextPosition(mark), cause: printable("not YAML: \(around)\(problem)"))
        case YamlError.reader(let problem, let offset, _, _):
            let position = offset.map { TextPosition(ofByte: $0, in: Array(text.utf8)) }
            self.init(position: position, cause: printable("not YAML: \(problem)"))
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "`\(printable(String($0.prefix(40))))`" }.joined(separator: ", ")
            self.init(position: TextPosition(context.mark), cause: "a key that comes twice: \(names)")
        default: self.init(position: nil, cause: "not YAML: \(printable(String("\(error)".prefix(200))))")
        }
    }
}

/// Makes Sonde's tree of the library's, within bounds.
struct YamlConversion {
    let keys: DistinctKeys
    private(set) var problems: [YamlProblem] = []
    private var values = 0

    init(keys: DistinctKeys) { self.keys = keys }

    /// `nil` for what is dropped, which is among the problems then.
    mutating func node(from node: Node, depth: Int) -> YamlNode? {
        let position = node.mark.map { TextPosition($0) } ?? TextPosition(line: 1, column: 1)
        guard node.anchor == nil else {
            return drop(position, "anchors and aliases (`&NAME`, `*NAME`) are not read here: write the value out")
        }
        guard depth <= YamlDocument.deepestNesting else { return drop(position, "nested too deeply") }
        values += 1
        guard values <= YamlDocument.mostValues else { return drop(position, "too many values") }
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
            return drop(key.position, "a key has to be a word")
        }
        guard let value = node(from: value, depth: depth + 1) else { return nil }
        return YamlEntry(key: keys.original(of: name), position: key.position, value: value)
    }

    private mutating func drop<Value>(_ position: TextPosition, _ cause: String) -> Value? {
        let problem = YamlProblem(position: position, cause: cause)
        // All copies of an anchored value have its place.
        if problems.last != problem, problems.count < 100 { problems.append(problem) }
        return nil
    }
}
