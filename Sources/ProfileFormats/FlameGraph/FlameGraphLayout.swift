import Profiles

/// Which frames of a call tree are drawn, and where along the width.
struct FlameGraphLayout {
    /// A drawn frame; `start` and `weight` are its place among all samples.
    struct Box {
        let label: CallTree.Label
        let style: FlameGraphColours.Style
        let start: UInt64
        let weight: UInt64
    }

    /// The root's width in pixels when no script changes it.
    static let width: UInt64 = 1_200
    /// Narrower frames are not drawn: a tenth of a pixel.
    static let boxesPerPixel: UInt64 = 10

    /// The most rows that are drawn.
    private static let maximumRows = 500

    /// The boxes from the root's row on, each row from left to right; none of a tree without weight.
    private(set) var rows: [[Box]] = []
    /// The weight of the samples with frames that are too narrow.
    private(set) var narrowWeight: UInt64 = 0
    /// The weight of the samples with frames beyond the last row.
    private(set) var deepWeight: UInt64 = 0

    var total: UInt64 { rows.first?.first?.weight ?? 0 }

    init<Tree: FrameTree>(
        _ tree: Tree, order: FlameGraph.View.Order, style: (Tree.Position) -> FlameGraphColours.Style
    ) {
        let total = tree.weight(of: tree.root)
        var row = total > 0 ? [(node: tree.root, start: UInt64(0))] : []
        while !row.isEmpty {
            rows.append(
                row.map { node, start in
                    Box(label: tree.label(of: node), style: style(node), start: start, weight: tree.weight(of: node))
                })
            let isLast = rows.count == Self.maximumRows
            var next: [(node: Tree.Position, start: UInt64)] = []
            for (node, start) in row {
                var start = start
                for callee in Self.callees(of: node, in: tree, order) {
                    let weight = tree.weight(of: callee)
                    if isLast {
                        deepWeight += weight
                    } else if Self.isNarrow(weight, of: total) {
                        narrowWeight += weight
                    } else {
                        next.append((callee, start))
                    }
                    start += weight
                }
            }
            row = next
        }
    }

    private static func callees<Tree: FrameTree>(
        of node: Tree.Position, in tree: Tree, _ order: FlameGraph.View.Order
    ) -> [Tree.Position] {
        let named = Array(tree.callees(of: node))
        guard order == .weight else { return named }
        // By position where weights are equal, as sorting needn't keep their order.
        return named.enumerated().sorted { left, right in
            let (heavy, light) = (tree.weight(of: left.element), tree.weight(of: right.element))
            return heavy == light ? left.offset < right.offset : heavy > light
        }.map(\.element)
    }

    private static func isNarrow(_ weight: UInt64, of total: UInt64) -> Bool {
        weight.multipliedFullWidth(by: width * boxesPerPixel) < (0, total)
    }
}
