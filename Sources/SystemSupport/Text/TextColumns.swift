/// The room that printable text takes up in a monospaced font.
package enum TextColumns {
    /// Two for all that isn't ASCII, which is never too few.
    package static func count(of scalar: Unicode.Scalar) -> Int { scalar.isASCII ? 1 : 2 }

    package static func count(of text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + count(of: $1) } }

    /// The longest beginning of `text` that fits in `columns`, ending in `…` where something is cut off.
    package static func clipped(_ text: String, to columns: Int) -> String {
        let scalars = text.unicodeScalars
        var width = 0
        var cut = scalars.startIndex
        for index in scalars.indices {
            width += count(of: scalars[index])
            guard width <= columns else { return columns < 1 ? "" : String(scalars[..<cut]) + "…" }
            if width < columns { cut = scalars.index(after: index) }
        }
        return text
    }

    /// The columns that terminals give a text, as wcwidth(3) counts them; what a font makes of it may differ.
    package static func onTerminal(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + onTerminal($1) }
    }

    private static func onTerminal(_ scalar: Unicode.Scalar) -> Int {
        if scalar.isASCII { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        let isWide = scalar.properties.isEmojiPresentation || wideScalars.contains { $0.contains(scalar.value) }
        return isWide ? 2 : 1
    }

    /// Blocks whose scalars are wide or full-width, beside emoji: EastAsianWidth.txt of Unicode.
    private static let wideScalars: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
        0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF,
        0x1F200...0x1F265, 0x20000...0x3FFFD,
    ]

    /// Text with blanks behind it, or before it, up to a width on a terminal.
    package static func padded(_ text: String, to columns: Int, alignedRight: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, columns - onTerminal(text)))
        return alignedRight ? blanks + text : text + blanks
    }
}
