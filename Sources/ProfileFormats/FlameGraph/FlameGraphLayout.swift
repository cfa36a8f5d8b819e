import Profiles

/// Which nodes of a call tree are drawn, and where along the width.
struct FlameGraphLayout {
    /// A drawn node; `start` and the node's total weight are its place among all samples.
    struct Box {
        let node: CallTree.NodeIndex
        let start: UInt64
    }

    /// Nodes that are not drawn.
    struct Omission: Equatable {
        var nodes: UInt64 = 0
        /// The samples that would be seen through them.
        var weight: UInt64 = 0
    }

    /// The root's width in pixels when no script changes it.
    static let width: UInt64 = 1_200
    /// Narrower nodes are not drawn: a tenth of a pixel.
    static let boxesPerPixel: UInt64 = 10

    /// The most rows that are drawn; the frames beyond them are counted.
    private static let maximumRows = 500

    /// The boxes from the root's row on, each row from left to right; none of a tree without weight.
    private(set) var rows: [[Box]] = []
    private(set) var narrow = Omission()
    private(set) var deep = Omission()

    init(_ tree: CallTree) {
        let sizes = Self.subtreeSizes(of: tree)
        let total = tree[tree.root].totalWeight
        var row = total > 0 ? [Box(node: tree.root, start: 0)] : []
        while !row.isEmpty {
            rows.append(row)
            let isLast = rows.count == Self.maximumRows
            var next: [Box] = []
            for box in row {
                for callee in Self.calleeBoxes(of: box, in: tree) {
                    let weight = tree[callee.node].totalWeight
                    if isLast {
                        deep.add(nodes: sizes[callee.node.position], weight: weight)
                    } else if Self.isNarrow(weight, of: total) {
                        narrow.add(nodes: sizes[callee.node.position], weight: weight)
                    } else {
                        next.append(callee)
                    }
                }
            }
            row = next
        }
    }

    private static func calleeBoxes(of box: Box, in tree: CallTree) -> [Box] {
        var start = box.start
        return tree.callees(of: box.node).map { callee in
            defer { start += tree[callee].totalWeight }
            return Box(node: callee, start: start)
        }
    }

    private static func isNarrow(_ weight: UInt64, of total: UInt64) -> Bool {
        weight.multipliedFullWidth(by: width * boxesPerPixel) < (0, total)
    }

    /// The number of nodes in the subtree of each node, itself included.
    private static func subtreeSizes(of tree: CallTree) -> [UInt64] {
        var sizes = [UInt64](repeating: 1, count: tree.nodes.count)
        for position in tree.nodes.indices.reversed() {
            guard let caller = tree.nodes[position].caller else { continue }
            sizes[caller.position] += sizes[position]
        }
        return sizes
    }
}

extension FlameGraphLayout.Omission {
    fileprivate mutating func add(nodes: UInt64, weight: UInt64) {
        self.nodes += nodes
        self.weight += weight
    }
}
