import Profiles
import SystemSupport

/// Which colours the boxes of a call tree have, and what these stand for.
struct FlameGraphColours {
    typealias LegendEntry = (colour: String, text: String)

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
        legend = { layout in
            let labels = layout.rows.joined().map(\.label)
            guard !isDifferential else {
                return ChangePalette.legend(for: Set(labels.compactMap { $0.change?.verdict }))
            }
            let kinds = Set(labels.map(\.kind)).subtracting([.group])
            return CallTree.RowKind.allCases.filter(kinds.contains).map(FlameGraphPalette.legendEntry)
        }
    }

    /// Colours by object file; what is in none, or in several of one name, is grey.
    init(objectsOf tree: CallTree) {
        palette = HuePalette.colours
        let names = tree.objects.map { paths in
            Set(paths.map { ObjectName.base($0.text) }).count == 1 ? paths.first.map { ObjectName.base($0.text) } : nil
        }
        labelStyles = zip(tree.labels.rows, names).map { label, object in
            let family = object.map(HuePalette.family) ?? HuePalette.neutral
            return Style(place: HuePalette.place(ofFamily: family, name: label.name.text), remark: nil)
        }
        nodeStyles = nil
        var areas: [String?: UInt64] = [:]
        for node in tree.nodes {
            areas[names[node.label.position], default: 0].addSaturating(node.totalWeight)
        }
        let entries = Self.legend(areas, family: HuePalette.family, neutral: "none or several")
        legend = { _ in entries }
    }

    /// Colours by thread; what is of several is grey.
    ///
    /// - Parameter whole: the profile of which the tree's is a part: a thread has one hue in both.
    init(threads: [CallTree.NodeThread], of tree: CallTree, in profile: Profile, ranking whole: Profile) {
        palette = HuePalette.colours
        let families = HuePalette.families(ofThreadsIn: profile, rankedIn: whole)
        let names = profile.threadRowNames
        func style(_ label: CallTree.Label, _ thread: CallTree.NodeThread) -> Style {
            let (family, remark): (Int, String?) =
                switch thread {
                case .none: (HuePalette.neutral, nil)
                case .one(let thread):
                    (families[thread.position], "thread \(PrintableText.escaped(names[thread.position]))")
                case .several: (HuePalette.neutral, "several threads")
                }
            return Style(place: HuePalette.place(ofFamily: family, name: label.name.text), remark: remark)
        }
        var labelThreads = Array(repeating: CallTree.NodeThread.none, count: tree.labels.count)
        let nobody: String? = nil
        var areas: [String?: UInt64] = [:]
        for (node, thread) in zip(tree.nodes, threads) {
            labelThreads[node.label.position].add(thread)
            let name = if case .one(let thread) = thread { names[thread.position] } else { nobody }
            areas[name, default: 0].addSaturating(node.totalWeight)
        }
        nodeStyles = zip(tree.nodes, threads).map { style(tree.labels[$0.label], $1) }
        labelStyles = zip(tree.labels.rows, labelThreads).map { style($0, $1) }
        let known = Dictionary(zip(names, families)) { first, _ in first }
        let entries = Self.legend(areas, family: { known[$0] ?? HuePalette.neutral }, neutral: "several threads")
        legend = { _ in entries }
    }

    func style(ofLabel label: Table<CallTree.Label>.Index) -> Style { labelStyles[label.position] }

    func style(of node: CallTree.NodeIndex, in tree: CallTree) -> Style {
        nodeStyles?[node.position] ?? labelStyles[tree[node].label.position]
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
        let known = areas.compactMap { name, area in name.map { (name: $0, area: area) } }
            .sorted { $0.area == $1.area ? $0.name < $1.name : $0.area > $1.area }
        var entries = known.prefix(longestLegend).map { entry -> LegendEntry in
            let name = TextColumns.clipped(PrintableText.escaped(entry.name), to: 32)
            return (HuePalette.middleColour(ofFamily: family(entry.name)), name)
        }
        let rest = known.count - entries.count
        let others = [areas[String?.none] == nil ? nil : neutral, rest > 0 ? "and \(rest) more" : nil].compactMap { $0 }
        if !others.isEmpty {
            entries.append((HuePalette.middleColour(ofFamily: HuePalette.neutral), others.joined(separator: ", ")))
        }
        return entries
    }
}

/// What object files are called.
enum ObjectName {
    /// The last part of a path.
    static func base(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
