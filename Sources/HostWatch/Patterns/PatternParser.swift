/// Reads a regular expression in RE2's syntax, which process-exporter's configurations are written in.
struct PatternParser {
    static let largestRepetition = 1000
    private static let deepestNesting = 100

    private let text: [Unicode.Scalar]
    private var offset = 0
    private var depth = 0
    private var flags = PatternFlags()
    private(set) var captureNames: [String] = []

    init(_ text: String) { self.text = Array(text.unicodeScalars) }

    mutating func parse() throws(PatternError) -> PatternNode {
        let node = try choice()
        guard offset == text.count else { throw error(.unexpectedParenthesis) }
        return node
    }

    func error(_ problem: PatternError.Problem) -> PatternError { PatternError(problem: problem, offset: offset) }

    var next: Unicode.Scalar? { offset < text.count ? text[offset] : nil }

    mutating func take() -> Unicode.Scalar? {
        defer { offset += offset < text.count ? 1 : 0 }
        return next
    }

    mutating func accept(_ wanted: String) -> Bool {
        let scalars = Array(wanted.unicodeScalars)
        guard text[offset...].starts(with: scalars) else { return false }
        offset += scalars.count
        return true
    }

    private mutating func choice() throws(PatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepestNesting else { throw error(.tooDeep) }
        var branches = [try sequence()]
        while accept("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var parts: [PatternNode] = []
        while let next, next != "|", next != ")" {
            let part = try atom()
            parts.append(try repeated(part))
        }
        return .sequence(parts)
    }

    private mutating func repeated(_ node: PatternNode) throws(PatternError) -> PatternNode {
        guard var count = try repetitionCount() else { return node }
        if accept("?") { count.isGreedy = false }
        if next == "*" || next == "+" { throw error(.nothingToRepeat) }
        return .repetition(node, count: count)
    }

    private mutating func repetitionCount() throws(PatternError) -> RepetitionCount? {
        if accept("*") { return RepetitionCount(minimum: 0, maximum: nil) }
        if accept("+") { return RepetitionCount(minimum: 1, maximum: nil) }
        if accept("?") { return RepetitionCount(minimum: 0, maximum: 1) }
        return try countInBraces()
    }

    /// `{3}`, `{3,}` or `{3,5}`; other braces stand for themselves.
    private mutating func countInBraces() throws(PatternError) -> RepetitionCount? {
        let start = offset
        guard accept("{"), let minimum = try smallNumber() else {
            offset = start
            return nil
        }
        var maximum: Int? = minimum
        if accept(",") { maximum = next == "}" ? nil : try smallNumber() ?? -1 }
        guard accept("}"), maximum != -1 else {
            offset = start
            return nil
        }
        if let maximum, maximum < minimum { throw error(.badRange) }
        return RepetitionCount(minimum: minimum, maximum: maximum)
    }

    private mutating func smallNumber() throws(PatternError) -> Int? {
        var value: Int?
        while let digit = next.flatMap({ Int(String($0)) }) {
            offset += 1
            value = (value ?? 0) * 10 + digit
            if value ?? 0 > Self.largestRepetition { throw error(.repetitionTooLarge) }
        }
        return value
    }

    private mutating func atom() throws(PatternError) -> PatternNode {
        let start = offset
        switch take() {
        case "(": return try group()
        case "[": return .set(cased(try PatternClassParser.set(&self)))
        case ".": return .set(flags.dotTakesNewline ? .all : ScalarSet([0x0A...0x0A]).inverted)
        case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "*", "+", "?":
            offset = start
            throw error(.nothingToRepeat)
        case "\\": return try escaped()
        case let scalar?: return .set(cased(ScalarSet(scalar)))
        case nil: return .empty
        }
    }

    private func cased(_ set: ScalarSet) -> ScalarSet { flags.ignoresCase ? set.ignoringCase : set }

    private mutating func escaped() throws(PatternError) -> PatternNode {
        if accept("b") { return .assertion(.wordBoundary) }
        if accept("B") { return .assertion(.noWordBoundary) }
        if accept("A") { return .assertion(.textStart) }
        if accept("z") { return .assertion(.textEnd) }
        return .set(cased(try PatternClassParser.escape(&self)))
    }

    private mutating func group() throws(PatternError) -> PatternNode {
        let outer = flags
        guard accept("?") else { return try groupEnd(restoring: outer) }
        if accept("P<") || accept("<") { return try capture(restoring: outer) }
        flags = try changedFlags()
        if accept(":") { return try groupEnd(restoring: outer) }
        // `(?i)` holds up to the end of the group that it stands in.
        guard accept(")") else { throw error(.unknownGroup) }
        return .empty
    }

    private mutating func groupEnd(restoring outer: PatternFlags) throws(PatternError) -> PatternNode {
        defer { flags = outer }
        let node = try choice()
        guard accept(")") else { throw error(.missingParenthesis) }
        return node
    }

    private mutating func capture(restoring outer: PatternFlags) throws(PatternError) -> PatternNode {
        var name = ""
        while let scalar = next, ScalarSet.wordCharacters.contains(scalar.value) {
            name.unicodeScalars.append(scalar)
            offset += 1
        }
        guard !name.isEmpty, accept(">") else { throw error(.badCaptureName) }
        guard !captureNames.contains(name) else { throw error(.duplicateCaptureName) }
        captureNames.append(name)
        let index = captureNames.count - 1
        return .capture(try groupEnd(restoring: outer), index: index)
    }

    private mutating func changedFlags() throws(PatternError) -> PatternFlags {
        var changed = flags
        var value = true
        while let letter = next, letter != ":", letter != ")" {
            switch letter {
            case "-" where value: value = false
            case "i": changed.ignoresCase = value
            case "s": changed.dotTakesNewline = value
            case "m": changed.isMultiline = value
            default: throw error(.unknownGroup)
            }
            offset += 1
        }
        return changed
    }
}

private struct PatternFlags {
    var ignoresCase = false
    var dotTakesNewline = false
    var isMultiline = false
}
