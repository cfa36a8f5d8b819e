/// Reads character classes and escapes.
enum PatternClassParser {
    private static let named: [(String, ScalarSet)] = [
        ("alnum", ScalarSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A])),
        ("alpha", ScalarSet([0x41...0x5A, 0x61...0x7A])),
        ("digit", .digits), ("lower", .lowercase), ("upper", .uppercase), ("word", .wordCharacters),
        ("space", ScalarSet([0x09...0x0D, 0x20...0x20])), ("blank", ScalarSet([0x09...0x09, 0x20...0x20])),
        ("punct", ScalarSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])),
        ("xdigit", ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66])),
    ]

    /// What stands behind `[`, up to its `]`.
    static func set(_ parser: inout PatternParser) throws(PatternError) -> ScalarSet {
        let isInverted = parser.accept("^")
        var result = ScalarSet()
        var isFirst = true
        while isFirst || parser.next != "]" {
            isFirst = false
            result.formUnion(try element(&parser))
        }
        _ = parser.take()
        return isInverted ? result.inverted : result
    }

    private static func element(_ parser: inout PatternParser) throws(PatternError) -> ScalarSet {
        if parser.accept("[:") { return try namedClass(&parser) }
        let first = try member(&parser)
        guard let low = first.only, parser.accept("-") else { return first }
        guard parser.next != "]" else { return ScalarSet([low...low, 0x2D...0x2D]) }
        guard let high = try member(&parser).only, high >= low else { throw parser.error(.badRange) }
        return ScalarSet([low...high])
    }

    private static func member(_ parser: inout PatternParser) throws(PatternError) -> ScalarSet {
        switch parser.take() {
        case "\\": return try escape(&parser)
        case let scalar?: return ScalarSet(scalar)
        case nil: throw parser.error(.missingBracket)
        }
    }

    private static func namedClass(_ parser: inout PatternParser) throws(PatternError) -> ScalarSet {
        let isInverted = parser.accept("^")
        for (name, set) in named where parser.accept("\(name):]") { return isInverted ? set.inverted : set }
        throw parser.error(.unknownClass)
    }

    /// What stands behind a backslash.
    static func escape(_ parser: inout PatternParser) throws(PatternError) -> ScalarSet {
        guard let letter = parser.take() else { throw parser.error(.unknownEscape) }
        switch letter {
        case "d": return .digits
        case "D": return ScalarSet.digits.inverted
        case "w": return .wordCharacters
        case "W": return ScalarSet.wordCharacters.inverted
        case "s": return .blanks
        case "S": return ScalarSet.blanks.inverted
        case "x": return try hexadecimal(&parser)
        default: break
        }
        if let control = controls.first(where: { $0.0 == letter })?.1 { return ScalarSet([control...control]) }
        guard !ScalarSet.wordCharacters.contains(letter.value) || letter == "_" else {
            throw parser.error(.unknownEscape)
        }
        return ScalarSet(letter)
    }

    private static let controls: [(Unicode.Scalar, UInt32)] = [
        ("a", 0x07), ("t", 0x09), ("n", 0x0A), ("v", 0x0B), ("f", 0x0C), ("r", 0x0D),
    ]

    /// `\x7F` or `\x{10FFFF}`.
    private static func hexadecimal(_ parser: inout PatternParser) throws(PatternError) -> ScalarSet {
        var digits = ""
        if parser.accept("{") {
            while let digit = parser.take(), digit != "}", digits.utf8.count < 8 { digits.unicodeScalars.append(digit) }
        } else {
            for _ in 0..<2 { digits.unicodeScalars.append(contentsOf: parser.take().map { [$0] } ?? []) }
        }
        guard let value = UInt32(digits, radix: 16), value <= 0x10FFFF else { throw parser.error(.unknownEscape) }
        return ScalarSet([value...value])
    }
}

extension ScalarSet {
    fileprivate var only: UInt32? {
        guard ranges.count == 1, let range = ranges.first, range.count == 1 else { return nil }
        return range.lowerBound
    }
}
