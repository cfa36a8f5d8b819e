/// The weight that a client gives to one of several forms of an answer, RFC 9110, section 12.4.2.
package enum QualityValue {
    /// `0`, `1`, or with up to three decimals; `nil` for all else.
    package static func parse(_ text: Substring) -> Double? {
        let isPlain = text.utf8.allSatisfy { $0 == UInt8(ascii: ".") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard isPlain, text.utf8.count <= 5, let quality = Double(text), quality <= 1 else { return nil }
        return quality
    }
}

extension Substring {
    /// Without blanks and tabs around it.
    package var trimmed: Substring {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return self[first...last]
    }
}
