internal import Profiles

/// Call trees added up, with a bounded number of nodes.
///
/// Where nodes were evicted, those of their callers still count them in their totals.
struct LiveTree: Sendable {
    /// The labels of the nodes below the root that lead to one.
    typealias Path = [CallTree.Label]

    /// The position of a node; a caller's is less than its callees'.
    struct NodeIndex: Hashable, Sendable {
        let position: Int
    }

    struct Node: Sendable {
        let label: CallTree.Label
        /// `nil` for the root.
        let caller: NodeIndex?
        var ownWeight: UInt64 = 0
        var totalWeight: UInt64 = 0
        /// In the order in which they were added.
        var callees: [NodeIndex] = []
    }

    private struct Edge: Hashable {
        let caller: NodeIndex
        let label: CallTree.Label
    }

    static let root = NodeIndex(position: 0)
    private let nodeLimit: Int
    private(set) var nodes = [Node(label: CallTree.Label(name: Spelling("all"), kind: .group), caller: nil)]
    private var edges: [Edge: NodeIndex] = [:]

    init(nodeLimit: Int = 20_000) { self.nodeLimit = nodeLimit }

    subscript(index: NodeIndex) -> Node { nodes[index.position] }

    mutating func add(_ tree: CallTree) {
        var places: [NodeIndex] = []
        for node in tree.nodes {
            let place = node.caller.map { callee(of: places[$0.position], tree.labels[node.label]) } ?? Self.root
            places.append(place)
            nodes[place.position].ownWeight.addSaturating(node.ownWeight)
            nodes[place.position].totalWeight.addSaturating(node.totalWeight)
        }
        if nodes.count > nodeLimit { evictLightest() }
    }

    private mutating func callee(of caller: NodeIndex, _ label: CallTree.Label) -> NodeIndex {
        let edge = Edge(caller: caller, label: label)
        if let known = edges[edge] { return known }
        let index = NodeIndex(position: nodes.count)
        nodes.append(Node(label: label, caller: caller))
        nodes[caller.position].callees.append(index)
        edges[edge] = index
        return index
    }

    /// Keeps at most half of what the limit allows; a callee is never heavier than its caller, so that whole subtrees go.
    private mutating func evictLightest() {
        let threshold = nodes.map { $0.totalWeight }.sorted(by: >)[nodeLimit / 2]
        let all = nodes
        nodes = [Node(label: all[0].label, caller: nil, ownWeight: all[0].ownWeight, totalWeight: all[0].totalWeight)]
        edges = [:]
        var places: [NodeIndex: NodeIndex] = [Self.root: Self.root]
        for (position, node) in all.enumerated() where node.totalWeight > threshold {
            guard let caller = node.caller.flatMap({ places[$0] }) else { continue }
            let place = callee(of: caller, node.label)
            places[NodeIndex(position: position)] = place
            nodes[place.position].ownWeight = node.ownWeight
            nodes[place.position].totalWeight = node.totalWeight
        }
    }

    /// The node that a path leads to, or the last one on it that there is.
    func node(at path: Path) -> NodeIndex {
        var node = Self.root
        for label in path {
            guard let next = edges[Edge(caller: node, label: label)] else { return node }
            node = next
        }
        return node
    }

    func path(to node: NodeIndex) -> Path {
        var path: Path = []
        var cursor = node
        while let caller = self[cursor].caller {
            path.append(self[cursor].label)
            cursor = caller
        }
        return path.reversed()
    }

    /// The caller so many levels above a node; the root where there are not so many.
    func caller(of node: NodeIndex, levels: Int) -> NodeIndex {
        var node = node
        for _ in 0..<levels { node = self[node].caller ?? node }
        return node
    }

    /// The weight of the nodes whose name matches, each sample counted once, below and at `start`.
    func weight(below start: NodeIndex, where matches: (CallTree.Label) -> Bool) -> UInt64 {
        var sum: UInt64 = 0
        var pending = [start]
        while let node = pending.popLast() {
            if matches(self[node].label) {
                sum.addSaturating(self[node].totalWeight)
            } else {
                pending += self[node].callees
            }
        }
        return sum
    }
}
