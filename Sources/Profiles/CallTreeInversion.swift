/// A tree that can be drawn row by row; its nodes are known by their positions.
package protocol FrameTree {
    associatedtype Position
    associatedtype Callees: Sequence<Position>

    /// What stands for everything.
    var root: Position { get }
    func label(of node: Position) -> CallTree.Label
    /// The weight of the samples that a node stands for.
    func weight(of node: Position) -> UInt64
    /// The nodes in the next row, sorted by name.
    func callees(of node: Position) -> Callees
}

extension CallTree: FrameTree {
    package func weight(of node: NodeIndex) -> UInt64 { self[node].totalWeight }
}

/// A call tree from its leaves: the functions that samples end in, and for each its callers.
///
/// Nodes are made when they are asked for, as all of them may be as many as there are frames in all stacks.
package struct InvertedCallTree: FrameTree {
    /// A function, and the places in the call tree from which its callers are reached.
    package struct Node {
        package let label: Table<CallTree.Label>.Index
        fileprivate var weight: UInt64 = 0
        /// Whose samples the node stands for; `none` in a tree without threads.
        package fileprivate(set) var thread = CallTree.NodeThread.none
        fileprivate var next: [Occurrence] = []
    }

    /// A node of the call tree that comes next, for a part of its weight.
    fileprivate struct Occurrence {
        let node: CallTree.NodeIndex
        let weight: UInt64
        /// Of the samples that make up the weight.
        let thread: CallTree.NodeThread
    }

    package let root: Node
    private let tree: CallTree

    /// - Parameter threads: those of the tree's nodes, where they are of interest.
    package init(_ tree: CallTree, threads: CallTree.NodeThreads? = nil) {
        self.tree = tree
        let leaves = tree.nodes.indices.dropFirst().filter { tree.nodes[$0].ownWeight > 0 }
        root = Node(
            label: tree[tree.root].label, weight: tree[tree.root].totalWeight,
            thread: threads?.total[tree.root.position] ?? .none,
            next: leaves.map { position in
                Occurrence(
                    node: CallTree.NodeIndex(position: position), weight: tree.nodes[position].ownWeight,
                    thread: threads?.own[position] ?? .none)
            })
    }

    package func label(of node: Node) -> CallTree.Label { tree.labels[node.label] }

    package func weight(of node: Node) -> UInt64 { node.weight }

    package func callees(of node: Node) -> [Node] {
        var callers: [Table<CallTree.Label>.Index: Node] = [:]
        for place in node.next {
            let label = tree[place.node].label
            callers[label, default: Node(label: label)].add(place, followedBy: tree[place.node].caller, root: tree.root)
        }
        return callers.values.sorted { label(of: $0) < label(of: $1) }
    }
}

extension InvertedCallTree.Node {
    /// The root of the call tree is the caller of none.
    fileprivate mutating func add(
        _ place: InvertedCallTree.Occurrence, followedBy caller: CallTree.NodeIndex?, root: CallTree.NodeIndex
    ) {
        weight += place.weight
        thread.add(place.thread)
        guard let caller, caller != root else { return }
        next.append(InvertedCallTree.Occurrence(node: caller, weight: place.weight, thread: place.thread))
    }
}
