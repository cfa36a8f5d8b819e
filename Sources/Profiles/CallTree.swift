/// What the outermost row of every stack stands for.
package enum Grouping: String, Hashable, Sendable, Codable, CaseIterable {
    /// `comm`: processes of one name share a row.
    case process
    /// `comm-PID`
    case processWithID
    /// `comm-PID/TID`, with the thread's own `comm`.
    case thread
    /// The stacks of all processes are merged, and stand on no row of their own.
    case merged

    /// The name of the row that a thread's stacks stand on; where they stand on none, what a line of text begins with.
    package func rowName(for thread: ProfiledThread) -> String {
        switch (self, thread.process, thread.thread) {
        case (.process, _, _), (.processWithID, nil, _), (.thread, nil, nil): thread.processName
        case (.processWithID, let process?, _): "\(thread.processName)-\(process)"
        case (.thread, let process?, let id?): "\(thread.name)-\(process)/\(id)"
        case (.thread, let process?, nil): "\(thread.name)-\(process)"
        case (.thread, nil, let id?): "\(thread.name)-\(id)"
        case (.merged, _, _): "all"
        }
    }

    /// The name of the row that a thread's stacks stand on; `nil` where they stand on none.
    func row(for thread: ProfiledThread) -> String? { self == .merged ? nil : rowName(for: thread) }
}

/// A profile's stacks merged from their roots: a row for everything, a row per process or thread unless these are merged,
/// then the functions.
///
/// Functions of one name and kind under one caller are one node, whatever their lines. A stack without a root has a row
/// such as `[truncated: frame_limit]` in the place of what is missing. The tree is the same for every order in which the
/// same samples were added. Stacks may be thousands deep, so nothing that walks it recurses.
package struct CallTree: Sendable {
    /// What a row stands for.
    package enum RowKind: String, Hashable, Sendable, CaseIterable {
        /// Everything, a process, or a thread.
        case group
        case native
        /// A function that was inlined into its caller.
        case inlined
        case kernel
        /// Code that a runtime generated.
        case jit
        /// A Python function, which an interpreter runs.
        case python
        /// An address without a name.
        case unknown
        /// The part of a stack that could not be unwound.
        case truncated

        /// What texts have behind the name.
        package var mark: String { self == .kernel ? " [kernel]" : "" }
    }

    /// What a node shows.
    package struct Label: Hashable, Comparable, Sendable {
        package let name: Spelling
        package let kind: RowKind
        /// How the row differs from another profile's; `nil` in the tree of one profile.
        package internal(set) var change: NodeChange?

        package init(name: Spelling, kind: RowKind, change: NodeChange? = nil) {
            self.name = name
            self.kind = kind
            self.change = change
        }

        /// The same without its change.
        package var unchanged: Label { Label(name: name, kind: kind) }

        /// The function that it stands for, of which an inlined call is a call; `nil` of a process, a thread, or everything.
        package var function: Label? {
            switch kind {
            case .group: nil
            case .inlined: Label(name: name, kind: .native)
            case .native, .kernel, .jit, .python, .unknown, .truncated: self
            }
        }

        package static func < (left: Self, right: Self) -> Bool {
            left.name == right.name ? left.kind.rawValue < right.kind.rawValue : left.name < right.name
        }
    }

    /// The position of a node; a caller's is less than its callees'.
    package struct NodeIndex: Hashable, Sendable {
        package let position: Int
    }

    /// A function as called along one path.
    package struct Node: Sendable {
        package let label: Table<Label>.Index
        /// `nil` for the root.
        package let caller: NodeIndex?
        /// The weight of the samples that end here.
        package internal(set) var ownWeight: UInt64 = 0
        /// The weight of the samples that end here or in a callee.
        package internal(set) var totalWeight: UInt64 = 0
    }

    /// Whose samples some are.
    package enum NodeThread: Hashable, Sendable {
        case none
        case one(Profile.ThreadIndex)
        case several

        package mutating func add(_ other: NodeThread) {
            if other == .none || other == self { return }
            self = self == .none ? other : .several
        }
    }

    /// The threads of the samples of each node.
    package struct NodeThreads: Sendable {
        /// Of the samples that end in the node.
        package let own: [NodeThread]
        /// Of the samples that end in the node or in a callee of it.
        package let total: [NodeThread]
    }

    package let root = NodeIndex(position: 0)
    package let labels: Table<Label>
    package let nodes: [Node]
    /// Of each label the paths of the object files that its functions are in, sorted; the kernel's are in brackets.
    package let objects: [[Spelling]]
    private let sortedNodes: [NodeIndex]
    private let calleeRanges: [Range<Int>]

    /// Merges the samples of a profile.
    ///
    /// - Parameter weight: the weight of a value of the type that is shown, no greater than the value; 0 for a negative
    ///   one.
    package init(
        _ profile: Profile, grouping: Grouping, weight: (Int64) -> UInt64 = { UInt64(clamping: $0) }
    ) {
        var builder = CallTreeBuilder(profile, rowName: grouping.row)
        builder.addSamples { _, sample in weight(profile.shownValue(of: sample)) }
        self.init(labels: builder.labels, objects: builder.objects, nodes: builder.nodes)
    }

    /// The same, and the threads of each node's samples.
    ///
    /// - Parameter weight: as above; samples without weight don't count.
    package static func withThreads(
        _ profile: Profile, grouping: Grouping, weight: (Int64) -> UInt64
    ) -> (tree: CallTree, threads: NodeThreads) {
        var builder = CallTreeBuilder(profile, rowName: grouping.row)
        var own: [NodeThread] = []
        builder.addSamples { node, sample in
            let weight = weight(profile.shownValue(of: sample))
            while own.count <= node.position { own.append(.none) }
            if weight > 0 { own[node.position].add(.one(sample.thread)) }
            return weight
        }
        while own.count < builder.nodes.count { own.append(.none) }
        var total = own
        for position in builder.nodes.indices.reversed() {
            guard let caller = builder.nodes[position].caller else { continue }
            total[caller.position].add(total[position])
        }
        let tree = CallTree(labels: builder.labels, objects: builder.objects, nodes: builder.nodes)
        return (tree, NodeThreads(own: own, total: total))
    }

    /// - Parameter nodes: callers before their callees, with their own weights.
    init(labels: Table<Label>, objects: [[Spelling]], nodes: [Node]) {
        self.labels = labels
        self.objects = objects
        self.nodes = Self.addingTotals(to: nodes)
        (sortedNodes, calleeRanges) = Self.sortingCallees(of: self.nodes, labels: labels)
    }

    package subscript(node: NodeIndex) -> Node { nodes[node.position] }

    /// The label of a node.
    package func label(of node: NodeIndex) -> Label { labels[self[node].label] }

    /// The callees of a node, sorted by name.
    package func callees(of node: NodeIndex) -> ArraySlice<NodeIndex> { sortedNodes[calleeRanges[node.position]] }

    private static func addingTotals(to nodes: [Node]) -> [Node] {
        var nodes = nodes
        for position in nodes.indices.reversed() {
            nodes[position].totalWeight += nodes[position].ownWeight
            guard let caller = nodes[position].caller else { continue }
            nodes[caller.position].totalWeight += nodes[position].totalWeight
        }
        return nodes
    }

    /// Counting sorts, by name and then by caller: linear in the number of nodes.
    private static func sortingCallees(of nodes: [Node], labels: Table<Label>) -> ([NodeIndex], [Range<Int>]) {
        var ranks = [Int](repeating: 0, count: labels.count)
        let byName = labels.rows.indices.sorted { labels.rows[$0] < labels.rows[$1] }
        for (rank, position) in byName.enumerated() { ranks[position] = rank }
        let named = sorted(Array(nodes.indices.dropFirst()), into: labels.count) { ranks[nodes[$0].label.position] }
        let (order, ranges) = sorted(named.order, into: nodes.count) { nodes[$0].caller?.position ?? 0 }
        return (order.map { NodeIndex(position: $0) }, ranges)
    }

    /// The items by ascending bucket, those of one bucket in the order they came in, and where each bucket's are.
    private static func sorted(
        _ items: [Int], into bucketCount: Int, by bucket: (Int) -> Int
    ) -> (order: [Int], ranges: [Range<Int>]) {
        var ends = [Int](repeating: 0, count: bucketCount)
        for item in items { ends[bucket(item)] += 1 }
        var start = 0
        for position in ends.indices { (ends[position], start) = (start, start + ends[position]) }
        let starts = ends
        var order = items
        for item in items {
            order[ends[bucket(item)]] = item
            ends[bucket(item)] += 1
        }
        return (order, zip(starts, ends).map { $0..<$1 })
    }
}
