internal import Statistics

/// The call tree of two profiles, with what became of each node.
package struct ComparedTree: Sendable {
    private let paired: PairedTree
    /// By their positions in the tree of both profiles.
    private var nodes: [NodeChange]

    init(_ comparison: ShareComparison, _ measurement: PartMeasurement) {
        let paired = measurement.paired
        let pairs = measurement.pairs(count: paired.tree.nodes.count, of: paired.forEachNode)
        let changes = pairs.map(comparison.change)
        self.paired = paired
        nodes = changes.map { NodeChange(share: $0, verdict: .chance) }
        let tested = measurement.testedParts(of: pairs)
        let threshold = DiscoveryRate.threshold(
            of: tested.map { changes[$0].test }, rate: ProfileComparison.discoveryRate)
        guard let threshold else { return }
        let significant = tested.filter { changes[$0].isVisible && changes[$0].probability <= threshold }
        for node in significant { nodes[node].verdict = changes[node].scaledDifference > 0 ? .grew : .shrank }
        markMoves(of: significant, comparison, measurement, threshold: threshold)
    }

    /// What became of nodes.
    package var verdicts: Set<NodeChange.Verdict> { Set(nodes.map(\.verdict)) }

    /// All nodes, callers before their callees, the first of them for everything.
    ///
    /// - Parameter weight: the weight of a value, no greater than the value.
    package func comparedNodes(weight: (Int64) -> UInt64) -> [ComparedNode] {
        let (before, after) = (ownWeights(in: .before, weight), ownWeights(in: .after, weight))
        return paired.tree.nodes.indices.map { position in
            let node = paired.tree.nodes[position]
            return ComparedNode(
                label: paired.tree.labels[node.label], objects: paired.tree.objects[node.label.position],
                caller: node.caller?.position, ownBefore: before[position], ownAfter: after[position],
                change: nodes[position])
        }
    }

    /// The tree of one of the profiles, each node with its change.
    ///
    /// - Parameter weight: the weight of a value, no greater than the value.
    package func drawing(of side: ComparedSide, weight: (Int64) -> UInt64) -> CallTree {
        let weighted = zip(paired.tree.nodes, ownWeights(in: side, weight)).map { node, own in
            CallTree.Node(label: node.label, caller: node.caller, ownWeight: own)
        }
        let whole = CallTree(labels: paired.tree.labels, objects: paired.tree.objects, nodes: weighted)
        var labels = Table<CallTree.Label>()
        var objects: [[Spelling]] = []
        var kept: [CallTree.Node] = []
        var positions: [CallTree.NodeIndex?] = Array(repeating: nil, count: weighted.count)
        for (position, node) in whole.nodes.enumerated() where node.totalWeight > 0 || node.caller == nil {
            positions[position] = CallTree.NodeIndex(position: kept.count)
            var label = whole.labels[node.label]
            label.change = nodes[position]
            let index = labels.index(adding: label)
            if index.position == objects.count { objects.append(whole.objects[node.label.position]) }
            kept.append(
                CallTree.Node(
                    label: index, caller: node.caller.flatMap { positions[$0.position] },
                    ownWeight: node.ownWeight))
        }
        return CallTree(labels: labels, objects: objects, nodes: kept)
    }

    /// Of each node the weight of one profile's samples that end in it.
    private func ownWeights(in side: ComparedSide, _ weight: (Int64) -> UInt64) -> [UInt64] {
        var weights = Array(repeating: UInt64(0), count: nodes.count)
        for leaf in side == .before ? paired.before : paired.after { weights[leaf.node] += weight(leaf.value) }
        return weights
    }

    // MARK: - Moves

    private mutating func markMoves(
        of significant: [Int], _ comparison: ShareComparison, _ measurement: PartMeasurement, threshold: Double
    ) {
        let callers = Set(significant.compactMap { paired.tree.nodes[$0].caller })
        let own = ownChanges(of: callers, comparison, measurement)
        for caller in callers {
            let callees = paired.tree.callees(of: caller)
            var changes = callees.map { nodes[$0.position].share }
            let ownPart = own[caller].map { change in
                changes.append(change)
                return changes.count - 1
            }
            let balance = CallerBalance(
                changes, own: ownPart, of: nodes[caller.position].share, threshold: threshold)
            for (part, callee) in callees.enumerated() where nodes[callee.position].verdict != .chance {
                if balance.counterpart(of: part) != nil { nodes[callee.position].verdict = .moved }
            }
        }
        // What a node calls moves with it; a caller's position is less than its callees'.
        for position in nodes.indices where nodes[position].verdict != .chance {
            guard let caller = paired.tree.nodes[position].caller?.position, nodes[caller].verdict == .moved,
                nodes[caller].share.scaledDifference.sign == nodes[position].share.scaledDifference.sign
            else { continue }
            nodes[position].verdict = .moved
        }
    }

    /// How the own code of callers changed.
    private func ownChanges(
        of callers: Set<CallTree.NodeIndex>, _ comparison: ShareComparison, _ measurement: PartMeasurement
    ) -> [CallTree.NodeIndex: ShareChange] {
        let order = Array(callers)
        let index = PositionIndex(of: order.map(\.position), count: nodes.count)
        let pairs = measurement.pairs(count: order.count) { leaf, body in
            if let place = index[leaf] { body(place) }
        }
        return Dictionary(uniqueKeysWithValues: zip(order, pairs.map(comparison.change)))
    }
}
