import SystemSupport

/// Aligned columns of text: numbers to the right, and the words behind them to the left.
struct TextTable {
    private let heading: [String]
    private let words: Int
    private var rows: [[String]] = []

    /// - Parameter words: How many of the last columns hold words.
    init(_ heading: [String], words: Int = 1) {
        self.heading = heading
        self.words = words
    }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// - Parameter columns: Where lines are clipped; `nil` for nowhere.
    func text(_ style: TextStyle, columns: Int? = nil) -> String {
        let widths = heading.indices.map { column in
            ([heading] + rows).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        let lines = ([heading] + rows).map { row in
            let text = line(row, widths)
            return columns.map { TextColumns.clipped(text, to: $0 - 2) } ?? text
        }
        return "  " + style.applied(.dim, to: lines[0]) + "\n" + lines.dropFirst().map { "  \($0)\n" }.joined()
    }

    private func line(_ row: [String], _ widths: [Int]) -> String {
        var text = ""
        for (column, cell) in row.enumerated() {
            let padding = String(repeating: " ", count: max(0, widths[column] - cell.count))
            text += column < heading.count - words ? padding + cell : cell + padding
            text += "  "
        }
        while text.last == " " { text.removeLast() }
        return text
    }
}

/// Text in lines that fit on a terminal.
enum WrappedText {
    private static let indentation = 4

    /// Broken at blanks, and indented from the second line on; the first keeps its own indentation.
    ///
    /// - Parameter clipsWords: Whether a word that is longer than a line is clipped; else it goes on beyond the line's end.
    static func lines(of text: some StringProtocol, columns: Int, clipsWords: Bool = true) -> [String] {
        var lines: [String] = []
        var line = ""
        var lead = String(text.prefix { $0 == " " })
        for word in text.split(separator: " ") {
            let longer = line.isEmpty ? lead + word : "\(line) \(word)"
            if line.isEmpty || TextColumns.count(of: longer) <= columns {
                line = longer
            } else {
                lines.append(line)
                lead = String(repeating: " ", count: indentation)
                line = lead + word
            }
        }
        lines.append(line)
        return clipsWords ? lines.map { TextColumns.clipped($0, to: columns) } : lines
    }
}
