/// The escape sequences in strings of JSON text.
enum JSONEscapes {
    /// The text of what is between the quotes of a string; a lone surrogate becomes U+FFFD.
    static func unescaped(
        _ content: ArraySlice<UInt8>, in format: ProfileFormat
    ) throws(ProfileReadingError) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        var rest = content
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            let position = rest.startIndex - 1
            guard let scalar = scalar(&rest) else {
                let problem = ProfileReadingError.Problem.malformed("there is no such escape sequence")
                throw ProfileReadingError(problem, in: format, at: .byte(position))
            }
            text += String(Character(scalar)).utf8
        }
        return text[...].text
    }

    /// The scalar of the sequence that begins the rest, behind its backslash.
    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        switch rest.popFirst() {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard let high = unit(&rest) else { return nil }
            guard 0xD800..<0xDC00 ~= high else { return Unicode.Scalar(high) ?? "\u{FFFD}" }
            var behind = rest
            guard behind.popFirst() == UInt8(ascii: "\\"), behind.popFirst() == UInt8(ascii: "u"),
                let low = unit(&behind), 0xDC00..<0xE000 ~= low
            else { return "\u{FFFD}" }
            rest = behind
            return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        default: return nil
        }
    }

    private static func unit(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
        let digits = rest.prefix(4)
        guard digits.count == 4, let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-")
        else { return nil }
        rest = rest.dropFirst(4)
        return UInt32(digits.text, radix: 16)
    }
}
