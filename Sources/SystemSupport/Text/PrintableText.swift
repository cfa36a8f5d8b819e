/// The one rule of what is shown of text that someone else chose: a process, a file of its, a user of the network.
///
/// A scalar is shown as it is if a reader sees it and it does nothing else. Everything else becomes `\u{…}`: controls (line
/// ends, escape sequences), format characters (changes of direction, joiners, tags), separators of lines and paragraphs,
/// what a font needn't show (variation selectors, fillers), private, unassigned and noncharacter code points. Bytes that
/// are no UTF-8 become U+FFFD.
package enum PrintableText {
    /// The most Unicode scalars that are shown of one text; a longer one ends in `…`.
    package static let defaultLimit = 2_000

    /// `text` on one line, of at most `limit` scalars; text that is printable already stays as it is.
    package static func escaped(_ text: some StringProtocol, limit: Int = defaultLimit) -> String {
        if isPlain(text.utf8, limit) { return String(text) }
        var result = String.UnicodeScalarView()
        var count = 0
        // Where to cut for the ellipsis, should there be more than fits.
        var cut = result.startIndex
        for scalar in text.unicodeScalars {
            let shown = isPrintable(scalar) ? nil : "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars
            count += shown?.count ?? 1
            guard count <= limit else {
                guard limit > 0 else { return "" }
                result.removeSubrange(cut...)
                result.append("…")
                return String(result)
            }
            if let shown { result.append(contentsOf: shown) } else { result.append(scalar) }
            if count < limit { cut = result.endIndex }
        }
        return String(result)
    }

    /// Bytes that are meant to be UTF-8.
    package static func escaped(bytes: some Sequence<UInt8>, limit: Int = defaultLimit) -> String {
        // A scalar has four bytes at most, so what is behind these isn't shown.
        escaped(String(decoding: Array(bytes.prefix(4 * limit + 4)), as: UTF8.self), limit: limit)
    }

    /// Text of several lines, of which line ends and tabs stay as they are.
    package static func lines(of bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while let end = rest.firstIndex(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\t") }) {
            result += escaped(String(decoding: rest[..<end], as: UTF8.self), limit: .max).utf8
            result.append(rest[end])
            rest = rest[(end + 1)...]
        }
        return result + escaped(String(decoding: rest, as: UTF8.self), limit: .max).utf8
    }

    /// Whether a scalar is seen, and does nothing else.
    package static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return false
        default: return !properties.isDefaultIgnorableCodePoint
        }
    }

    /// Whether text is short and ASCII, as most is: then it needs no further reading.
    private static func isPlain(_ bytes: some Collection<UInt8>, _ limit: Int) -> Bool {
        var count = 0
        for byte in bytes {
            count += 1
            guard byte >= 0x20, byte < 0x7F, count <= limit else { return false }
        }
        return true
    }
}

/// Text from others, made fit for a terminal and for one line by the rule of `PrintableText`.
package func printable(_ text: some StringProtocol, limit: Int = PrintableText.defaultLimit) -> String {
    PrintableText.escaped(text, limit: limit)
}
