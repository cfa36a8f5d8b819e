import Profiles
import SystemSupport

/// Which colours the boxes of a call tree have, and what these stand for.
struct FlameGraphColours {
    /// An entry without a colour counts those that are not shown.
    typealias LegendEntry = (colour: String?, text: String)

    /// A box's colour, and what is said of it beside its name.
    struct Style {
        /// In the palette.
        let place: Int
        let remark: String?
    }

    /// Families of `FlameGraphPalette.shadeCount` shades.
    let palette: [String]
    /// Of each of the tree's labels.
    private let labelStyles: [Style]
    /// Of each node, where the nodes of a label differ.
    private let nodeStyles: [Style]?
    /// Where colours are by thread.
    let threads: ThreadColours?
    private let legend: (FlameGraphLayout) -> [LegendEntry]

    /// More entries aren't read, nor do they fit.
    private static let longestLegend = 12

    /// Colours by kind, or by what became of each node of a differential tree.
    init(kindsOf tree: CallTree) {
        let isDifferential = tree.label(of: tree.root).change != nil
        palette = isDifferential ? FlameGraphPalette.allColours : FlameGraphPalette.colours
        labelStyles = tree.labels.rows.map { label in
            Style(place: FlameGraphPalette.place(of: isDifferential ? label.unchanged : label), remark: nil)
        }
        nodeStyles =
            isDifferential
            ? tree.nodes.map { node in
                let label = tree.labels[node.label]
                return Style(place: FlameGraphPalette.place(of: label), remark: label.change?.text)
            } : nil
        threads = nil
        legend = { layout in
            let labels = layout.rows.joined().map(\.label)
            guard !isDifferential else {
                return ChangePalette.legend(for: Set(labels.compactMap { $0.change?.verdict }))
            }
            let kinds = Set(labels.map(\.kind)).subtracting([.group])
            return CallTree.RowKind.allCases.filter(kinds.contains).map(FlameGraphPalette.legendEntry)
        }
    }

    /// Colours by object file; what is in none, or in several of different names, is grey.
    ///
    /// - Parameter profile: the one of which the tree shows all or a part: a file has one hue in both.
    init(objectsOf tree: CallTree, rankedIn profile: Profile) {
        palette = HuePalette.colours
        let families = HuePalette.families(ofObjectsIn: profile)
        let family = { (name: String) in families[name] ?? HuePalette.neutral }
        let names = tree.objects.map { paths in
            Set(paths.map { ObjectName.base($0.text) }).count == 1 ? paths.first.map { ObjectName.base($0.text) } : nil
        }
        labelStyles = zip(tree.labels.rows, names).map { label, object in
            Style(
                place: HuePalette.place(ofFamily: object.map(family) ?? HuePalette.neutral, name: label.name.text),
                remark: nil)
        }
        nodeStyles = nil
        threads = nil
        var areas: [String?: UInt64] = [:]
        for node in tree.nodes where tree.labels[node.label].kind != .group {
            areas[names[node.label.position], default: 0].addSaturating(node.totalWeight)
        }
        let entries = Self.legend(areas, family: family, neutral: "no object file, or several")
        legend = { _ in entries }
    }

    /// Colours by thread; what is of several is grey.
    ///
    /// - Parameter whole: the profile of which the tree's is a part: a thread has one hue in both.
    init(threads: CallTree.NodeThreads, of tree: CallTree, in profile: Profile, ranking whole: Profile) {
        palette = HuePalette.colours
        let names = profile.threadRowNames
        let families = HuePalette.families(ofThreadsIn: profile, rankedIn: whole)
        let colours = ThreadColours(nodes: threads, names: names, families: families)
        self.threads = colours
        var areas: [String?: UInt64] = [:]
        for (node, thread) in zip(tree.nodes, threads.total) {
            let name: String? = if case .one(let thread) = thread { names[thread.position] } else { nil }
            areas[name, default: 0].addSaturating(node.totalWeight)
        }
        nodeStyles = zip(tree.nodes, threads.total).map { colours.style(of: tree.labels[$0.label], $1) }
        labelStyles = tree.labels.rows.map { colours.style(of: $0, .none) }
        let known = Dictionary(zip(names, families)) { first, _ in first }
        let entries = Self.legend(
            areas, family: { known[$0] ?? HuePalette.neutral }, neutral: ThreadColours.severalThreads)
        legend = { _ in entries }
    }

    func style(ofLabel label: Table<CallTree.Label>.Index) -> Style { labelStyles[label.position] }

    func style(of node: CallTree.NodeIndex, in tree: CallTree) -> Style {
        nodeStyles?[node.position] ?? labelStyles[tree[node].label.position]
    }

    func style(of node: InvertedCallTree.Node, in tree: InvertedCallTree) -> Style {
        threads?.style(of: tree.label(of: node), node.thread) ?? labelStyles[node.label.position]
    }

    /// The middle one of a family's shades.
    func middleColour(ofFamily family: Int) -> String {
        palette[family * FlameGraphPalette.shadeCount + FlameGraphPalette.shadeCount / 2]
    }

    /// Whether nodes have styles of their own.
    var isByNode: Bool { nodeStyles != nil }

    /// What the colours of a picture stand for.
    func legend(of layout: FlameGraphLayout) -> [LegendEntry] { legend(layout) }

    /// Those with the largest areas first, and grey at the end.
    private static func legend(
        _ areas: [String?: UInt64], family: (String) -> Int, neutral: String
    ) -> [LegendEntry] {
        var known: [(name: String, area: UInt64)] = []
        for case (let name?, let area) in areas where area > 0 { known.append((name, area)) }
        known.sort { $0.area == $1.area ? $0.name < $1.name : $0.area > $1.area }
        var entries: [LegendEntry] = known.prefix(longestLegend).map { entry in
            let name = TextColumns.clipped(PrintableText.escaped(entry.name), to: 32)
            return (HuePalette.middleColour(ofFamily: family(entry.name)), name)
        }
        if known.count > entries.count { entries.append((nil, "and \(known.count - entries.count) more")) }
        if areas[String?.none, default: 0] > 0 {
            entries.append((HuePalette.middleColour(ofFamily: HuePalette.neutral), neutral))
        }
        return entries
    }
}

/// Colours by thread: a family of hues for each, and the grey one for several.
struct ThreadColours {
    static let severalThreads = "several threads"

    let nodes: CallTree.NodeThreads
    /// What is said of the samples of no thread, of several, and of each one.
    let remarks: [String]
    /// Of each remark a family of `HuePalette`.
    let families: [Int]

    /// - Parameters:
    ///   - names: of each thread.
    ///   - families: of each thread.
    init(nodes: CallTree.NodeThreads, names: [String], families: [Int]) {
        self.nodes = nodes
        remarks = ["", Self.severalThreads] + names.map { "thread \(PrintableText.escaped($0))" }
        self.families = [HuePalette.neutral, HuePalette.neutral] + families
    }

    /// The place among the remarks.
    func place(of thread: CallTree.NodeThread) -> Int {
        switch thread {
        case .none: 0
        case .several: 1
        case .one(let thread): 2 + thread.position
        }
    }

    func style(of label: CallTree.Label, _ thread: CallTree.NodeThread) -> FlameGraphColours.Style {
        let place = place(of: thread)
        return FlameGraphColours.Style(
            place: HuePalette.place(ofFamily: families[place], name: label.name.text),
            remark: thread == .none ? nil : remarks[place])
    }
}
