import ProfileModel

/// The nodes of a `CallTree` while samples are added.
struct CallTreeBuilder {
    private struct Edge: Hashable {
        let caller: CallTree.NodeIndex
        let label: Table<CallTree.Label>.Index
    }

    private let profile: Profile
    private(set) var labels: Table<CallTree.Label>
    private(set) var nodes: [CallTree.Node]
    private let frameLabels: [Table<CallTree.Label>.Index]
    private let threadLabels: [Table<CallTree.Label>.Index]
    private var edges: [Edge: CallTree.NodeIndex] = [:]
    /// The node of each stack of the profile, under the row whose samples are being added.
    private var places: [CallTree.NodeIndex?]
    private var occupiedPlaces: [Profile.StackIndex] = []

    init(_ profile: Profile, grouping: Grouping) {
        var labels = Table<CallTree.Label>()
        let root = labels.index(adding: CallTree.Label(name: Spelling("all"), kind: nil))
        frameLabels = profile.frames.rows.map { row in
            labels.index(adding: CallTree.Label(name: profile.strings[row.name], kind: row.kind))
        }
        threadLabels = profile.threads.indices.map { thread in
            let name = grouping.rowName(for: profile.thread(at: thread))
            return labels.index(adding: CallTree.Label(name: Spelling(name), kind: nil))
        }
        self.profile = profile
        self.labels = labels
        nodes = [CallTree.Node(label: root, caller: nil)]
        places = Array(repeating: nil, count: profile.stacks.count)
    }

    /// Adds the samples of one row after those of another, so that one list of places serves all.
    mutating func addSamples() {
        let rows = Dictionary(grouping: profile.samples) { threadLabels[$0.thread.position] }
        for (label, samples) in rows {
            let row = callee(of: CallTree.NodeIndex(position: 0), label)
            for sample in samples {
                let leaf = sample.stack.map { node(for: $0, on: row) } ?? row
                nodes[leaf.position].ownWeight += sample.weight
            }
            for stack in occupiedPlaces { places[stack.position] = nil }
            occupiedPlaces.removeAll(keepingCapacity: true)
        }
    }

    private mutating func node(for stack: Profile.StackIndex, on row: CallTree.NodeIndex) -> CallTree.NodeIndex {
        var missing: [Profile.StackIndex] = []
        var cursor: Profile.StackIndex? = stack
        var node = row
        while let current = cursor {
            if let known = places[current.position] {
                node = known
                break
            }
            missing.append(current)
            cursor = profile.stacks[current].caller
        }
        for stack in missing.reversed() {
            node = callee(of: node, frameLabels[profile.stacks[stack].frame.position])
            places[stack.position] = node
            occupiedPlaces.append(stack)
        }
        return node
    }

    private mutating func callee(
        of caller: CallTree.NodeIndex, _ label: Table<CallTree.Label>.Index
    ) -> CallTree.NodeIndex {
        let edge = Edge(caller: caller, label: label)
        if let known = edges[edge] { return known }
        let node = CallTree.NodeIndex(position: nodes.count)
        nodes.append(CallTree.Node(label: label, caller: caller))
        edges[edge] = node
        return node
    }
}
