/// The files of a script as one: in a scope that other scripts don't see, without what only readers of the source need.
///
/// Omitted are comments, which have lines of their own, indentation, spaces beside punctuation, and line breaks after what
/// can't end a statement; nothing of strings and templates. Regular expressions of the source have no quotes, braces that
/// aren't balanced, or spaces.
package struct CompactScript {
    private enum Scope {
        /// In braces, or outside of all of them.
        case code
        case text(quote: UInt8)
    }

    private var output: [UInt8] = []
    /// What is open, the innermost last.
    private var scopes = [Scope.code]
    private var isEscaped = false

    /// - Parameter files: in the order in which they build on each other.
    package static func text(of files: [[UInt8]]) -> String {
        let lines = files.joined().split(separator: UInt8(ascii: "\n"))
            .map { $0.drop { $0 == UInt8(ascii: " ") } }
            .filter { !$0.isEmpty && !$0.starts(with: "//".utf8) }
        let source = Array(lines.joined(separator: "\n".utf8))
        var script = Self()
        for (byte, next) in zip(source, source.dropFirst() + "\n".utf8) { script.append(byte, before: next) }
        return "(() => {\n\"use strict\";\n\(String(decoding: script.output, as: UTF8.self))\n})();\n"
    }

    private mutating func append(_ byte: UInt8, before next: UInt8) {
        switch scopes.last {
        case .text(let quote)?: append(byte, inTextWith: quote)
        case .code?, nil: appendCode(byte, before: next)
        }
    }

    private mutating func appendCode(_ byte: UInt8, before next: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): scopes.append(.text(quote: byte))
        case UInt8(ascii: "{"): scopes.append(.code)
        case UInt8(ascii: "}"): _ = scopes.popLast()
        // `]]>` would end the section of XML that a script is in.
        case UInt8(ascii: " ") where next == UInt8(ascii: ">"): break
        case UInt8(ascii: " ") where Self.isPunctuation(next) || output.last.map(Self.isPunctuation) ?? true: return
        case UInt8(ascii: "\n") where output.last.map(Self.continues) ?? true: return
        default: break
        }
        output.append(byte)
    }

    private mutating func append(_ byte: UInt8, inTextWith quote: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == quote {
            scopes.removeLast()
        } else if byte == UInt8(ascii: "{"), output.last == UInt8(ascii: "$"), quote == UInt8(ascii: "`") {
            scopes.append(.code)
        }
        output.append(byte)
    }

    /// Not `+` and `-`, which would become `++` and `--`, nor what begins a regular expression.
    private static func isPunctuation(_ byte: UInt8) -> Bool { "{}()[],;:?=<>*|&!.".utf8.contains(byte) }

    private static func continues(_ byte: UInt8) -> Bool { "{([,;".utf8.contains(byte) }
}
