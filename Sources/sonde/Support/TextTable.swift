import SystemSupport

/// Aligned columns of text: numbers to the right, words to the left.
struct TextTable {
    private let heading: [String]
    private let words: Range<Int>
    private var rows: [[String]] = []

    /// - Parameter words: the columns that hold words; by default the last one.
    init(_ heading: [String], words: Range<Int>? = nil) {
        self.heading = heading
        self.words = words ?? heading.count - 1..<heading.count
    }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// The whole table.
    func text(_ style: TextStyle) -> String { text(style, lines(ofColumns: heading.count)) }

    /// The table in lines that fit: columns are dropped from the right, but for the first ones, and then lines are clipped.
    ///
    /// - Parameter kept: how many columns are never dropped.
    func text(_ style: TextStyle, columns: Int, keeping kept: Int) -> String {
        let width = columns - Self.indentation.count
        let fitting = stride(from: heading.count, to: kept, by: -1).lazy.map(lines).first { lines in
            lines.allSatisfy { TextColumns.count(of: $0) <= width }
        }
        return text(style, fitting ?? lines(ofColumns: kept).map { TextColumns.clipped($0, to: width) })
    }

    private static let indentation = "  "

    private func text(_ style: TextStyle, _ lines: [String]) -> String {
        Self.indentation + style.applied(.dim, to: lines[0]) + "\n"
            + lines.dropFirst().map { Self.indentation + $0 + "\n" }.joined()
    }

    private func lines(ofColumns count: Int) -> [String] {
        let shown = ([heading] + rows).map { $0.prefix(count) }
        let widths = (0..<count).map { column in
            shown.map { column < $0.count ? TextColumns.onTerminal($0[column]) : 0 }.max() ?? 0
        }
        return shown.map { line($0, widths) }
    }

    private func line(_ row: some Sequence<String>, _ widths: [Int]) -> String {
        var text = ""
        for (column, cell) in row.enumerated() {
            text += TextColumns.padded(cell, to: widths[column], alignedRight: !words.contains(column)) + "  "
        }
        while text.last == " " { text.removeLast() }
        return text
    }
}

/// Text in lines that fit on a terminal.
enum WrappedText {
    /// Broken at blanks, and indented from the second line on; the first keeps its own indentation.
    ///
    /// - Parameter clipsWords: Whether a word that is longer than a line is clipped; else it goes on beyond the line's end.
    static func lines(of text: some StringProtocol, columns: Int, clipsWords: Bool = true) -> [String] {
        let lead = String(text.prefix { $0 == " " })
        var words = String(text).split(separator: " ").map { String($0) }
        if !words.isEmpty { words[0] = lead + words[0] }
        return lines(of: words, columns: columns, indentation: 4, clipsWords: clipsWords)
    }

    /// Words with blanks between them; a word may have blanks too, and is not broken there.
    static func lines(of words: [String], columns: Int, indentation: Int, clipsWords: Bool = true) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in words {
            let longer = line.isEmpty ? word : "\(line) \(word)"
            if line.isEmpty || TextColumns.count(of: longer) <= columns {
                line = longer
            } else {
                lines.append(line)
                line = String(repeating: " ", count: indentation) + word
            }
        }
        lines.append(line)
        return clipsWords ? lines.map { TextColumns.clipped($0, to: columns) } : lines
    }
}
