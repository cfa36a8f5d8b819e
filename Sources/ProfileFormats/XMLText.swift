/// Text as XML 1.0 character data and attribute values.
enum XMLText {
    /// `text` with the five special characters as entities, and what XML forbids or a reader can't see as `\u{1b}`.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in PrintableText.escapingUnprintable(in: text).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
