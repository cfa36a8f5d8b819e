internal import Profiles

/// Where the nodes of a tree are on a screen: callers above callees, each as wide as its share of the node at the root.
struct FlameLayout {
    struct Cell {
        let node: LiveTree.NodeIndex
        let row: Int
        let columns: Range<Int>
        /// Whether its place among the callees of its caller is odd, to set neighbours apart.
        let isOdd: Bool
    }

    /// Sorted by row, then by column.
    let cells: [Cell]

    /// Nodes narrower than a column are left out.
    ///
    /// - Parameters:
    ///   - root: the node that is as wide as the screen, below those that lead to it.
    ///   - rowLimit: how many rows there are, the first of them the tree's root.
    init(_ tree: LiveTree, root: LiveTree.NodeIndex, columns: Int, rowLimit: Int) {
        var rows: [[Cell]] = Self.callers(of: root, in: tree).enumerated().map { row, node in
            [Cell(node: node, row: row, columns: 0..<max(0, columns), isOdd: false)]
        }
        while rows.count < rowLimit, let last = rows.last, !last.isEmpty {
            rows.append(last.flatMap { Self.callees(of: $0, in: tree) })
        }
        cells = rows.flatMap(\.self)
    }

    /// From the tree's root to the node itself.
    private static func callers(of node: LiveTree.NodeIndex, in tree: LiveTree) -> [LiveTree.NodeIndex] {
        var path = [node]
        while let caller = tree[path[path.count - 1]].caller { path.append(caller) }
        return path.reversed()
    }

    /// By name, so that they stay where they are while their weights change.
    private static func callees(of cell: Cell, in tree: LiveTree) -> [Cell] {
        let caller = tree[cell.node]
        let scale = Double(cell.columns.count) / Double(max(1, caller.totalWeight))
        var before: UInt64 = 0
        var placed: [Cell] = []
        for callee in caller.callees.sorted(by: { tree[$0].label < tree[$1].label }) {
            let start = cell.columns.lowerBound + Int(Double(before) * scale)
            before.addSaturating(tree[callee].totalWeight)
            let end = min(
                cell.columns.lowerBound + Int((Double(before) * scale).rounded(.down)), cell.columns.upperBound)
            guard end > start else { continue }
            placed.append(Cell(node: callee, row: cell.row + 1, columns: start..<end, isOdd: placed.count % 2 == 1))
        }
        return placed
    }

    func cell(of node: LiveTree.NodeIndex) -> Cell? { cells.first { $0.node == node } }

    /// The widest callee that is shown; the leftmost of several.
    func widestCallee(of node: LiveTree.NodeIndex, in tree: LiveTree) -> LiveTree.NodeIndex? {
        cells.filter { tree[$0.node].caller == node }.max { first, second in
            (first.columns.count, second.columns.lowerBound) < (second.columns.count, first.columns.lowerBound)
        }?.node
    }

    /// The node that so many steps to the widest callee lead to, or the last on that way.
    func descendant(of node: LiveTree.NodeIndex, levels: Int, in tree: LiveTree) -> LiveTree.NodeIndex {
        var node = node
        for _ in 0..<levels {
            guard let callee = widestCallee(of: node, in: tree) else { return node }
            node = callee
        }
        return node
    }

    /// The node that is `step` places to the right in the same row.
    func neighbour(of node: LiveTree.NodeIndex, by step: Int) -> LiveTree.NodeIndex? {
        guard let cell = cell(of: node) else { return nil }
        let row = cells.filter { $0.row == cell.row }
        guard let position = row.firstIndex(where: { $0.node == node }) else { return nil }
        return row.indices.contains(position + step) ? row[position + step].node : nil
    }
}
