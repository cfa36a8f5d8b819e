import SystemSupport

/// Text in lines that fit on a terminal.
enum WrappedText {
    private static let indentation = 4

    /// Broken at blanks, and indented from the second line on; a longer word is clipped.
    static func lines(of text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            let longer = line.isEmpty ? String(word) : "\(line) \(word)"
            if line.isEmpty || TextColumns.count(of: longer) <= columns {
                line = longer
            } else {
                lines.append(line)
                line = String(repeating: " ", count: indentation) + word
            }
        }
        return (lines + [line]).map { TextColumns.clipped($0, to: columns) }
    }
}
