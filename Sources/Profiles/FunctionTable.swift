/// The functions of a call tree, by its nodes.
struct FunctionTable {
    private enum Step {
        case enter(Int)
        case leave(Int)
    }

    /// Functions, and the rows that processes and threads have.
    private(set) var labels = Table<CallTree.Label>()
    /// Of each node, the position of its label.
    private(set) var positions: [Int] = []
    /// Of each node, whether none of its callers is of the same function.
    private(set) var isOutermost: [Bool]

    init(_ tree: CallTree) {
        isOutermost = Array(repeating: false, count: tree.nodes.count)
        for node in tree.nodes {
            let label = tree.labels[node.label]
            positions.append(labels.index(adding: label.function ?? label).position)
        }
        findOutermost(tree)
    }

    var count: Int { labels.count }

    /// Whether a label stands for a function.
    func isFunction(_ position: Int) -> Bool { labels.rows[position].function != nil }

    private mutating func findOutermost(_ tree: CallTree) {
        var active = Array(repeating: 0, count: labels.count)
        var steps = [Step.enter(tree.root.position)]
        while let step = steps.popLast() {
            switch step {
            case .leave(let node): active[positions[node]] -= 1
            case .enter(let node):
                isOutermost[node] = active[positions[node]] == 0
                active[positions[node]] += 1
                steps.append(.leave(node))
                steps += tree.callees(of: CallTree.NodeIndex(position: node)).map { .enter($0.position) }
            }
        }
    }
}
