internal import ProfileModel
internal import Profiles
internal import SystemSupport

extension LiveModel {
    /// Rows for the body of the view, at the present size.
    var bodyRows: Int { max(0, size.rows - headLines.count - headingRows - footLines.count) }

    /// A heading of the table names its spans, another one its columns.
    private var headingRows: Int { view == .flame ? 1 : size.rows >= 12 ? 2 : 1 }

    /// What to show.
    package var screen: Screen {
        if case .help = overlay { return Screen(lines: HelpPage.lines(columns: size.columns, rows: size.rows)) }
        let (head, foot) = (headLines, footLines)
        let rows = max(0, size.rows - head.count - headingRows - foot.count)
        var body: [ScreenLine] =
            switch view {
            case .functions: FunctionTable(self).lines(rows: rows, headings: headingRows)
            case .threads: ThreadTable(self).lines(rows: rows, headings: headingRows)
            case .flame: FlameView(self).lines(rows: rows)
            }
        while body.count < rows + headingRows { body.append(ScreenLine(columns: size.columns)) }
        let lines = Array((head + body + foot).prefix(max(0, size.rows)))
        var screen = Screen(lines: lines)
        if case .filter = overlay, let last = lines.last, !foot.isEmpty {
            screen.cursor = Screen.Cursor(row: lines.count - 1, column: min(last.end, max(0, size.columns - 1)))
        }
        return screen
    }

    /// The lines above the view; on a small screen only the first few, and none on a tiny one.
    private var headLines: [ScreenLine] {
        let limit = size.rows >= 20 ? 6 : size.rows >= 10 ? 3 : size.rows >= 5 ? 1 : 0
        return Array(HeadLines(self).all.prefix(limit))
    }

    private var footLines: [ScreenLine] {
        if case .filter = overlay { return [filterLine] }
        guard size.rows >= 6 else { return [] }
        return [detailLine, keyLine].compactMap(\.self)
    }

    /// The end of a text that is longer than the line is what is being typed.
    private var filterLine: ScreenLine {
        var line = ScreenLine("Filter: ", .strong, columns: size.columns)
        let room = max(0, size.columns - line.end - 1)
        let scalars = printable(filter.text).unicodeScalars
        var shown = scalars[...]
        while TextColumns.count(of: String(shown)) > room, !shown.isEmpty { shown = shown.dropFirst() }
        line.append(String(shown))
        return line
    }

    /// The selected row in full.
    private var detailLine: ScreenLine? {
        switch view {
        case .functions:
            guard let selected = functionList.selection else { return nil }
            return ScreenLine(printable(selected.name.text), .strong, columns: size.columns)
        case .threads: return nil
        case .flame: return FlameView(self).detailLine
        }
    }

    private var keyLine: ScreenLine {
        let keys: [(String, String)] =
            switch view {
            case .flame:
                [
                    ("q", "quit"), ("?", "help"), ("f", "table"), ("arrows", "move"), ("Enter", "zoom in"),
                    ("Esc", "zoom out"), ("c", flame.span == .recent ? "since reset" : "lately"), ("/", "search"),
                    ("p", "pause"), ("r", "reset"),
                ]
            case .functions, .threads:
                [
                    ("q", "quit"), ("?", "help"), ("f", "flame graph"),
                    ("t", view == .threads ? "functions" : "threads"),
                    ("/", "filter"), ("1-5", "sort"), ("p", paused == nil ? "pause" : "go on"), ("r", "reset"),
                ]
            }
        var line = ScreenLine(columns: size.columns)
        for (key, meaning) in keys {
            // A key without its meaning is no help.
            guard line.end + TextColumns.count(of: key) + meaning.count + 1 <= size.columns else { break }
            line.append(key, .strong)
            line.append(" \(meaning)", .quiet)
            line.skip(to: line.end + 2)
        }
        return line
    }
}
