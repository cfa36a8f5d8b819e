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
    /// The functions of the greatest own weight; equal ones by greater total, then by name.
    ///
    /// - Parameter limit: how many; `nil` for all.
    package func top(_ limit: Int?) -> [FunctionWeight] {
        let all = CallTree(self, grouping: .process).functionWeights
        return Array(all.sorted(by: Self.isHotter).prefix(max(0, limit ?? all.count)))
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
    package var functionWeights: [FunctionWeight] {
        let table = FunctionTable(self)
        var selfWeights = [UInt64](repeating: 0, count: table.count)
        var totalWeights = selfWeights
        for (node, function) in zip(nodes.indices, table.positions) {
            selfWeights[function] += nodes[node].ownWeight
            if table.isOutermost[node] { totalWeights[function] += nodes[node].totalWeight }
        }
        return table.labels.rows.indices.filter(table.isFunction).map { function in
            FunctionWeight(
                name: table.labels.rows[function].name.text, kind: table.labels.rows[function].kind,
                selfWeight: selfWeights[function], totalWeight: totalWeights[function])
        }
    }
}
