/// What may be shown of names that a profiled process chose.
package enum PrintableText {
    /// The most Unicode scalars that are shown of one name; a longer one ends in `…`.
    static let maximumLength = 2_000

    /// `text` without the scalars that could act instead of being read, and no longer than `maximumLength`.
    static func removingUnprintable(from text: String) -> String {
        bounded(text.unicodeScalars.filter(isPrintable))
    }

    /// `text` with the scalars that could act instead of being read written as `\u{1b}`.
    static func escapingUnprintable(in text: String) -> String {
        guard !text.unicodeScalars.allSatisfy(isPrintable) else { return bounded(text.unicodeScalars) }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(maximumLength + 1) {
            if isPrintable(scalar) {
                result.append(scalar)
            } else {
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            }
        }
        return bounded(result)
    }

    /// False for controls, line separators, noncharacters, and scalars that change the direction of what follows.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return false
        case .format: return !scalar.properties.isBidiControl
        default: return !scalar.properties.isNoncharacterCodePoint
        }
    }

    /// Columns that a scalar takes up in a monospaced font; two for all that isn't ASCII, which is never too few.
    static func columns(of scalar: Unicode.Scalar) -> Int { scalar.isASCII ? 1 : 2 }

    package static func columns(of text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
    }

    /// The longest beginning of `text` that fits in `columns`, ending in `…` where something is cut off.
    package static func clipped(_ text: String, toColumns columns: Int) -> String {
        let scalars = text.unicodeScalars
        var width = 0
        var cut = scalars.startIndex
        for index in scalars.indices {
            width += Self.columns(of: scalars[index])
            guard width <= columns else { return columns < 1 ? "" : String(scalars[..<cut]) + "…" }
            if width < columns { cut = scalars.index(after: index) }
        }
        return text
    }

    private static func bounded(_ scalars: String.UnicodeScalarView) -> String {
        guard let end = scalars.index(scalars.startIndex, offsetBy: maximumLength, limitedBy: scalars.endIndex),
            end < scalars.endIndex
        else { return String(scalars) }
        return String(scalars[..<end]) + "…"
    }
}
