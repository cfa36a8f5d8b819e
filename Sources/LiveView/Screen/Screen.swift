package import Profiles
internal import SystemSupport

/// The role of text on the screen; the terminal's theme gives each role its attributes.
package enum TextRole: Hashable, Sendable {
    case plain
    case quiet
    case strong
    /// The heading of a table.
    case heading
    /// The heading of the column that the table is sorted by.
    case sorted
    case warning
    case alarm
    /// The row that is selected.
    case selected
    /// The row that is selected of a flame graph, and the others; `isMatch` of a name that the filter matches.
    case frame(CallTree.RowKind, isOdd: Bool, isSelected: Bool, isMatch: Bool)
}

/// Text at a place of a line, in front of what was there before.
package struct Span: Hashable, Sendable {
    package let column: Int
    package let text: String
    package let role: TextRole

    package init(column: Int, text: String, role: TextRole = .plain) {
        self.column = column
        self.text = text
        self.role = role
    }

    static func blank(_ columns: Range<Int>, _ role: TextRole) -> Span {
        Span(column: columns.lowerBound, text: String(repeating: " ", count: columns.count), role: role)
    }
}

/// A line of the screen.
///
/// What is added by `append` fits in the columns: it is clipped, or left out where there is no room.
package struct ScreenLine: Hashable, Sendable {
    package private(set) var spans: [Span] = []
    private let columns: Int
    private(set) var end = 0

    init(columns: Int) { self.columns = max(0, columns) }

    /// A line of one text.
    init(_ text: String, _ role: TextRole = .plain, columns: Int) {
        self.init(columns: columns)
        append(text, role)
    }

    typealias Part = (text: String, role: TextRole)

    /// Parts on as few lines as they fit on, `gap` columns apart.
    static func flowing(_ parts: [Part], gap: Int, columns: Int) -> [ScreenLine] {
        var lines = [ScreenLine(columns: columns)]
        for part in parts {
            let last = lines[lines.count - 1]
            if last.end > 0, last.end + TextColumns.count(of: part.text) > columns {
                lines.append(ScreenLine(columns: columns))
            }
            lines[lines.count - 1].append(part.text, part.role)
            lines[lines.count - 1].skip(to: lines[lines.count - 1].end + gap)
        }
        return lines.filter { !$0.spans.isEmpty }
    }

    mutating func append(_ text: String, _ role: TextRole = .plain) {
        let shown = TextColumns.clipped(text, to: columns - end)
        guard !shown.isEmpty else { return }
        spans.append(Span(column: end, text: shown, role: role))
        end += TextColumns.count(of: shown)
    }

    /// Adds text that ends before `column`: a number in a table.
    mutating func append(_ text: String, _ role: TextRole = .plain, endingAt column: Int) {
        end = max(end, column - TextColumns.count(of: text))
        append(text, role)
    }

    /// Fills the line, behind what is added later.
    mutating func fill(_ role: TextRole) { spans.append(.blank(0..<columns, role)) }

    mutating func add(_ span: Span) { spans.append(span) }

    mutating func skip(to column: Int) { end = max(end, column) }
}

/// What the terminal shows.
package struct Screen: Hashable, Sendable {
    /// At most as many as there are rows.
    package var lines: [ScreenLine]
    /// Where the cursor is seen; `nil` for nowhere.
    package var cursor: Cursor?

    package struct Cursor: Hashable, Sendable {
        package let row: Int
        package let column: Int
    }
}
