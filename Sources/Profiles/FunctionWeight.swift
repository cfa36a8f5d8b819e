/// How much of a profile one function accounts for.
package struct FunctionWeight: Hashable, Sendable {
    package let name: String
    /// Never `inlined`: an inlined call of a function counts as the function.
    package let kind: CallTree.RowKind
    /// The weight of the samples whose innermost frame is the function.
    package let selfWeight: UInt64
    /// The weight of the samples that the function is anywhere in; a recursive one counts a sample once.
    package let totalWeight: UInt64
}

extension Profile {
    /// The `limit` functions of the greatest own weight; equal ones by greater total, then by name.
    package func top(_ limit: Int) -> [FunctionWeight] {
        let all = CallTree(self, grouping: .process).functionWeights
        return Array(all.sorted(by: Self.isHotter).prefix(max(0, limit)))
    }

    private static func isHotter(_ left: FunctionWeight, _ right: FunctionWeight) -> Bool {
        if left.selfWeight != right.selfWeight { return left.selfWeight > right.selfWeight }
        if left.totalWeight != right.totalWeight { return left.totalWeight > right.totalWeight }
        let names = (Spelling(left.name), Spelling(right.name))
        return names.0 == names.1 ? left.kind.rawValue < right.kind.rawValue : names.0 < names.1
    }
}

extension CallTree {
    /// The weights of all functions in the tree, in no order.
    package var functionWeights: [FunctionWeight] { FunctionWeights(self).all }
}

/// The sums over a call tree, by function.
private struct FunctionWeights {
    private typealias Function = Table<CallTree.Label>.Index

    private enum Step {
        case enter(CallTree.NodeIndex)
        case leave(Function)
    }

    private var functions = Table<CallTree.Label>()
    private var selfWeights: [UInt64] = []
    private var totalWeights: [UInt64] = []
    /// How many frames of each function are on the path from the root to the current node.
    private var activeFrames: [Int] = []

    init(_ tree: CallTree) {
        var steps = [Step.enter(tree.root)]
        while let step = steps.popLast() {
            switch step {
            case .leave(let function): activeFrames[function.position] -= 1
            case .enter(let node):
                if let function = function(of: tree.label(of: node)) {
                    enter(tree[node], function)
                    steps.append(.leave(function))
                }
                steps += tree.callees(of: node).map(Step.enter)
            }
        }
    }

    var all: [FunctionWeight] {
        functions.rows.indices.map { position in
            FunctionWeight(
                name: functions.rows[position].name.text, kind: functions.rows[position].kind,
                selfWeight: selfWeights[position], totalWeight: totalWeights[position])
        }
    }

    /// The function of a node; `nil` of a row that is none.
    private mutating func function(of label: CallTree.Label) -> Function? {
        guard let label = label.function else { return nil }
        let function = functions.index(adding: label)
        if function.position == activeFrames.count {
            selfWeights.append(0)
            totalWeights.append(0)
            activeFrames.append(0)
        }
        return function
    }

    private mutating func enter(_ node: CallTree.Node, _ function: Function) {
        selfWeights[function.position] += node.ownWeight
        if activeFrames[function.position] == 0 { totalWeights[function.position] += node.totalWeight }
        activeFrames[function.position] += 1
    }
}
