internal import ProfileModel
internal import Profiles
internal import SystemSupport

/// What is shown between the lines at the top and those at the bottom, computed once a screen.
protocol ScreenBody {
    /// - Parameter headings: the lines above the rows.
    func lines(rows: Int, headings: Int) -> [ScreenLine]

    /// The selected row in full.
    var detailLine: ScreenLine? { get }
}

extension LiveModel {
    /// Rows for the body of the view, at the present size.
    var bodyRows: Int { rows(between: headLines, footLines(of: body)) }

    private func rows(between head: [ScreenLine], _ foot: [ScreenLine]) -> Int {
        max(0, size.rows - head.count - headingRows - foot.count)
    }

    /// A heading of the table names its spans, another one its columns.
    private var headingRows: Int { view == .flame ? 1 : size.rows >= 12 ? 2 : 1 }

    private var body: any ScreenBody {
        switch view {
        case .functions: FunctionTable(self)
        case .threads: ThreadTable(self)
        case .flame: FlameView(self)
        }
    }

    /// What to show.
    package var screen: Screen {
        if case .help = overlay { return Screen(lines: HelpPage.lines(columns: size.columns, rows: size.rows)) }
        let body = body
        let (head, foot) = (headLines, footLines(of: body))
        let rows = rows(between: head, foot)
        var shown = body.lines(rows: rows, headings: headingRows)
        while shown.count < rows + headingRows { shown.append(ScreenLine(columns: size.columns)) }
        let lines = Array((head + shown + foot).prefix(max(0, size.rows)))
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

    private func footLines(of body: any ScreenBody) -> [ScreenLine] {
        if case .filter = overlay { return [filterLine] }
        guard size.rows >= 6 else { return [] }
        return [body.detailLine, keyLine].compactMap(\.self)
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
                    ("/", "filter"), ("1-5", "sort"), ("p", isPaused ? "go on" : "pause"), ("r", "reset"),
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
