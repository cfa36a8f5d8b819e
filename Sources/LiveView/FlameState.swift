internal import Profiles

/// What of the flame graph is shown, and which frame is selected.
struct FlameState: Sendable {
    var span = LiveHistory.Span.sinceReset
    /// The frame that is as wide as the screen.
    var zoom: LiveTree.Path = []
    /// Below the frame that is zoomed to, or that itself.
    var selection: LiveTree.Path = []

    mutating func move(_ key: LiveKey, in tree: LiveTree, columns: Int, rows: Int) {
        let selected = selectedNode(in: tree)
        let layout = layout(of: tree, columns: columns, rows: rows)
        var target: LiveTree.NodeIndex?
        switch key {
        case .down: target = layout.widestCallee(of: selected, in: tree)
        case .up: target = tree[selected].caller
        case .left: target = layout.neighbour(of: selected, by: -1)
        case .right: target = layout.neighbour(of: selected, by: 1)
        case .pageDown: target = layout.descendant(of: selected, levels: max(1, rows / 2), in: tree)
        case .pageUp: target = tree.caller(of: selected, levels: max(1, rows / 2))
        case .enter: zoom = tree.path(to: selected)
        case .escape, .backspace: zoomOut()
        case .home: (zoom, selection) = ([], [])
        default: break
        }
        guard let target else { return }
        selection = tree.path(to: target)
        // Callers of the frame that is zoomed to are on the screen, above it.
        if selection.count < zoom.count { zoom = selection }
    }

    private mutating func zoomOut() {
        if zoom.isEmpty { selection = [] } else { zoom.removeLast() }
    }

    func zoomedNode(in tree: LiveTree) -> LiveTree.NodeIndex { tree.node(at: zoom) }

    func selectedNode(in tree: LiveTree) -> LiveTree.NodeIndex { tree.node(at: selection) }

    /// As many rows as are needed to show a screen of them below the selected one.
    func layout(of tree: LiveTree, columns: Int, rows: Int) -> FlameLayout {
        let root = zoomedNode(in: tree)
        let depth = max(tree.path(to: selectedNode(in: tree)).count, tree.path(to: root).count)
        return FlameLayout(tree, root: root, columns: columns, rowLimit: depth + max(1, rows))
    }

    /// The first row that is shown: the selected one is among them, and of a zoomed frame its caller.
    func top(in tree: LiveTree, rows: Int) -> Int {
        let zoomed = tree.path(to: zoomedNode(in: tree)).count
        let selected = tree.path(to: selectedNode(in: tree)).count
        return max(0, zoomed - 1, selected - rows + 2)
    }
}
