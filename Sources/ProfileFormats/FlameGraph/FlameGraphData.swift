import Profiles
import SystemSupport

/// The whole call tree as the script reads it: gzipped, in base64.
///
///     tree   = labelCount names names names names colours idle objects nodeCount labels rises own [styles]
///     styles = remarkCount families names remarks | 0 colours names
///     names  = byteCount UTF-8 lines, separated by LF
///
/// All else are LEB128 numbers, and columns of them. Four lists of names are the labels', sorted, their names without
/// arguments and of their methods, each empty where it is the name, and the object files'. Nodes follow their callers,
/// and the callees of one caller each other by name. `rises` is how far a node's caller is above the node before it. The
/// nodes of a differential tree have colours of their own, and a remark each. Where colours are by thread, each node has the
/// place of the remark on its own samples: on none, on those of several threads, or of one; remarks have families of colours.
struct FlameGraphData {
    /// In base64.
    let text: String

    init(_ tree: CallTree, _ colours: FlameGraphColours, hasIdleWaits: Bool) throws(RenderingError) {
        var writer = Writer()
        let labels = UsedLabels(tree)
        writer.append(labels, colours, hasIdleWaits: hasIdleWaits)
        writer.append(tree, labels, colours)
        text = try CompressedText.base64(of: writer.bytes)
    }
}

/// The labels of a tree's nodes, sorted.
private struct UsedLabels {
    let labels: [CallTree.Label]
    /// Of each of the labels one of the tree's.
    let sources: [Table<CallTree.Label>.Index]
    /// The base names of the labels' object files; several files' are one name.
    let objects: [String]
    /// Of each label of the tree its place among those used; labels that differ in their change only have one.
    let places: [Int?]

    init(_ tree: CallTree) {
        var merged = Table<CallTree.Label>()
        var objects: [Int: [Spelling]] = [:]
        var sources: [Table<CallTree.Label>.Index] = []
        var positions = [Int?](repeating: nil, count: tree.labels.count)
        for node in tree.nodes where positions[node.label.position] == nil {
            let position = merged.index(adding: tree.labels[node.label].unchanged).position
            if position == sources.count { sources.append(node.label) }
            positions[node.label.position] = position
            objects[position] = tree.objects[node.label.position]
        }
        let order = merged.rows.indices.sorted { merged.rows[$0] < merged.rows[$1] }
        var places = Array(repeating: 0, count: merged.count)
        for (place, position) in order.enumerated() { places[position] = place }
        self.places = positions.map { $0.map { places[$0] } }
        labels = order.map { merged.rows[$0] }
        self.sources = order.map { sources[$0] }
        self.objects = order.map { PrintableText.escaped(ObjectName.list(objects[$0] ?? [])) }
    }
}

private struct Writer {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ labels: UsedLabels, _ colours: FlameGraphColours, hasIdleWaits: Bool) {
        let spellings = labels.labels.map { LabelSpellings(PrintableText.escaped($0.name.text)) }
        var objects = Table<Spelling>()
        let objectPlaces = labels.objects.map { objects.index(adding: Spelling($0)).position }
        append(labels.labels.count)
        append(spellings.map(\.name))
        append(spellings.map { $0.withoutArguments == $0.name ? "" : $0.withoutArguments })
        append(spellings.map { $0.method == $0.name ? "" : $0.method })
        append(objects.rows.map(\.text))
        append(labels.sources.map { colours.style(ofLabel: $0).place })
        append(labels.labels.map { hasIdleWaits ? Self.idleFlag(of: $0) : 0 })
        append(objectPlaces)
    }

    /// Callers before callees, without recursion: stacks may be thousands deep.
    mutating func append(_ tree: CallTree, _ labels: UsedLabels, _ colours: FlameGraphColours) {
        var (places, rises, own): ([Int], [Int], [UInt64]) = ([], [], [])
        var order: [CallTree.NodeIndex] = []
        var pending = [(node: tree.root, depth: 0)]
        var depthBefore = -1
        while let (node, depth) = pending.popLast() {
            places.append(labels.places[tree[node].label.position] ?? 0)
            rises.append(depthBefore + 1 - depth)
            own.append(tree[node].ownWeight)
            order.append(node)
            depthBefore = depth
            pending += tree.callees(of: node).reversed().map { ($0, depth + 1) }
        }
        append(places.count)
        append(places)
        append(rises)
        for weight in own { append(weight) }
        append(order, in: tree, colours)
    }

    private mutating func append(_ nodes: [CallTree.NodeIndex], in tree: CallTree, _ colours: FlameGraphColours) {
        if let threads = colours.threads {
            append(threads.remarks.count)
            append(threads.families)
            append(threads.remarks)
            append(nodes.map { threads.place(of: threads.nodes.own[$0.position]) })
        } else if colours.isByNode {
            let styles = nodes.map { colours.style(of: $0, in: tree) }
            append(0)
            append(styles.map(\.place))
            append(styles.map { $0.remark ?? "" })
        }
    }

    /// 1 for a wait, 2 for code of the kernel or the entry to it.
    private static func idleFlag(of label: CallTree.Label) -> Int {
        switch IdleWait.sign(of: label) {
        case .works: 0
        case .waits: 1
        case .entersKernel: 2
        }
    }

    private mutating func append(_ lines: [String]) {
        let text = Array(lines.joined(separator: "\n").utf8)
        append(text.count)
        bytes += text
    }

    private mutating func append(_ column: [Int]) {
        for value in column { append(value) }
    }

    private mutating func append(_ value: some BinaryInteger) {
        bytes.appendUnsignedLEB128(UInt64(clamping: value))
    }
}
