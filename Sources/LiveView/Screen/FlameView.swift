internal import Profiles
internal import SystemSupport

/// The flame graph, its root at the top.
struct FlameView: ScreenBody {
    private let model: LiveModel
    private let tree: LiveTree
    private let selected: LiveTree.NodeIndex
    private let zoomed: LiveTree.NodeIndex

    init(_ model: LiveModel) {
        self.model = model
        tree = model.history.tree(of: model.flame.span)
        selected = model.flame.selectedNode(in: tree)
        zoomed = model.flame.zoomedNode(in: tree)
    }

    /// Less of a name says nothing.
    private static let narrowestLabelled = 5

    private var state: FlameState { model.flame }
    private var width: Int { model.size.columns }

    func lines(rows: Int, headings: Int) -> [ScreenLine] {
        guard tree[LiveTree.root].totalWeight > 0 else { return [heading] + EmptyText(model).lines(rows: rows) }
        let layout = state.layout(of: tree, columns: width, rows: rows)
        let top = state.top(in: tree, rows: rows)
        var lines = Array(repeating: ScreenLine(columns: width), count: max(0, rows))
        for cell in layout.cells where lines.indices.contains(cell.row - top) {
            for span in spans(of: cell) { lines[cell.row - top].add(span) }
        }
        return [heading] + lines
    }

    private func spans(of cell: FlameLayout.Cell) -> [Span] {
        let label = tree[cell.node].label
        let isSelected = cell.node == selected
        let isMatch = !model.filter.isEmpty && model.filter.matches(label)
        let role = TextRole.frame(label.kind, isOdd: cell.isOdd, isSelected: isSelected, isMatch: isMatch)
        var spans = [Span.blank(cell.columns, role)]
        // Where there are no colours, this sets neighbours apart, and shows what is selected or matches.
        let mark = isSelected ? ">" : isMatch ? "*" : "|"
        spans.append(Span(column: cell.columns.lowerBound, text: mark, role: role))
        let name = TextColumns.clipped(printable(label.name.text), to: cell.columns.count - 1)
        if cell.columns.count >= Self.narrowestLabelled {
            spans.append(Span(column: cell.columns.lowerBound + 1, text: name, role: role))
        }
        return spans
    }

    private var heading: ScreenLine {
        var line = ScreenLine(columns: width)
        let history = model.history
        let nanoseconds = state.span == .recent ? history.recentNanoseconds : history.allNanoseconds
        line.append(
            (state.span == .recent ? "last " : "all ") + NumberText.duration(nanoseconds: nanoseconds), .heading)
        if !state.zoom.isEmpty {
            line.append("  zoomed, \(share(tree[zoomed].totalWeight)) of all", .sorted)
        }
        guard !model.filter.isEmpty else { return line }
        let matched = tree.weight(below: zoomed) { model.filter.matches($0) }
        line.append("  matches \(share(matched))", .warning)
        return line
    }

    private func share(_ weight: UInt64) -> String { shareText(weight.share(of: tree[LiveTree.root].totalWeight)) }

    /// The numbers of the selected frame, then its name.
    var detailLine: ScreenLine? {
        let node = tree[selected]
        return ScreenLine(
            "total \(share(node.totalWeight))  self \(share(node.ownWeight))  \(printable(node.label.name.text))",
            .strong,
            columns: width)
    }
}
