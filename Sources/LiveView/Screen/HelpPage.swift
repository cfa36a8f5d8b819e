/// The page that explains the keys.
enum HelpPage {
    private static let keys: [(key: String, meaning: String)] = [
        ("q  Ctrl-C", "quit"),
        ("f", "flame graph, and back"),
        ("t", "threads, and back"),
        ("Tab", "next view"),
        ("/", "filter names; a search in the flame graph"),
        ("Enter  Esc", "keep the filter; clear it"),
        ("1 2 3 4 5", "sort by that column"),
        ("s  n", "sort by the next column; by name"),
        ("p  Space", "pause the view; sampling goes on"),
        ("r", "reset what was added up"),
        ("↑ ↓ PgUp PgDn", "select a row"),
        ("Home End", "first or last row"),
        ("Ctrl-L", "draw the screen anew"),
        ("Ctrl-Z", "stop; sampling ends until fg"),
        ("", ""),
        ("flame graph:", ""),
        ("← → ↑ ↓", "select a frame"),
        ("Enter", "zoom in to it"),
        ("Esc Backspace", "zoom out; Home: everything"),
        ("c", "since the reset, or lately"),
    ]

    private static let words = [
        "SELF: the function itself. TOTAL: with all that it calls.",
        "Shares are of the samples: of CPU time, or of time away from a CPU.",
    ]

    static func lines(columns: Int, rows: Int) -> [ScreenLine] {
        var lines = [ScreenLine("sonde top: keys", .strong, columns: columns)]
        for (key, meaning) in keys {
            var line = ScreenLine(columns: columns)
            line.append("  \(key)", .strong)
            line.skip(to: 18)
            line.append(meaning)
            lines.append(line)
        }
        lines += words.map { ScreenLine($0, .quiet, columns: columns) }
        guard lines.count > rows else { return lines }
        let back = ScreenLine("any key: back", .quiet, columns: columns)
        return Array((lines.prefix(max(0, rows - 1)) + [back]).prefix(max(0, rows)))
    }
}
