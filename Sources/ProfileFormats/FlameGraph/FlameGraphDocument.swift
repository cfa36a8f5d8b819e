import Profiles
import SystemSupport

/// The text of a flame graph's SVG file.
///
/// Row by row, a frame is
///
///     <g><title>NAME (1,234 samples, 12.34%)</title><rect class= x= width= height= data-s= data-w=/><text>NAME</text></g>
///
/// with `data-s` the weight to its left and `data-w` its own, in the profile's unit; the script reads both from there,
/// and the name from the title.
struct FlameGraphDocument {
    private enum Metrics {
        static let row = 18
        /// Less than a row, so that rows stay apart.
        static let box = 17
        static let margin = 12
        static let width = Int(FlameGraphLayout.width) + 2 * margin
        static let header = 64
        static let baseline = "12.5"
        /// Hundredths of a pixel that a character may take; the widest common monospaced fonts need 7.3 at 12 pixels.
        static let column: UInt64 = 735
        static let textMargin: UInt64 = 400
        /// Narrower boxes have no outline, which would hide them.
        static let outlined: UInt64 = 400
    }

    private let caption: FlameGraphCaption
    private let tree: CallTree
    private let layout: FlameGraphLayout
    private let unit: SampleType.Unit
    private let orientation: FlameGraph.Orientation
    private let names: [String]
    private let total: UInt64

    init(
        caption: FlameGraphCaption, tree: CallTree, layout: FlameGraphLayout, unit: SampleType.Unit,
        orientation: FlameGraph.Orientation
    ) {
        self.caption = caption
        self.tree = tree
        self.layout = layout
        self.unit = unit
        self.orientation = orientation
        names = tree.labels.rows.map { PrintableText.escaped($0.name.text) }
        total = tree[tree.root].totalWeight
    }

    var text: String { head + graph + foot + script + "</svg>\n" }

    private var isDifferential: Bool { tree.label(of: tree.root).change != nil }

    private var colours: String { isDifferential ? ChangePalette.styleSheet : FlameGraphPalette.styleSheet }

    private var rowsHeight: Int { max(1, layout.rows.count) * Metrics.row }

    private var height: Int { Metrics.header + rowsHeight + 36 + notes.count * 18 }

    private var head: String {
        let title = XMLText.escaped(caption.title)
        let counts =
            "data-total=\"\(total)\" data-narrow=\"\(layout.narrow.nodes)\" data-deep=\"\(layout.deep.nodes)\""
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" class="sonde" viewBox="0 0 \(Metrics.width) \(height)" \
            width="\(Metrics.width)" height="\(height)" role="img" aria-label="\(title)" \
            data-root="\(orientation == .flames ? "bottom" : "top")" \(counts)>
            <title>\(title)</title>
            <style><![CDATA[
            \(FlameGraphAssets.styleSheet)\(colours)]]></style>
            <rect class="page" width="100%" height="100%"><title/></rect>
            <g class="head"><rect class="page" width="100%" height="\(Metrics.header)"><title/></rect>
            \(line(caption.title, "name", y: 28, columns: 90))\(line(caption.subtitle, "facts", y: 49, columns: 160))\
            </g>

            """
    }

    private var graph: String {
        guard total > 0 else {
            let y = Metrics.header + 18
            return "<text class=\"name\" x=\"\(Metrics.margin)\" y=\"\(y)\">no samples</text>\n"
        }
        var text = "<g class=\"rows\" transform=\"translate(\(Metrics.margin) 0)\">\n"
        for (depth, row) in layout.rows.enumerated() {
            let place = orientation == .flames ? layout.rows.count - 1 - depth : depth
            text += "<g transform=\"translate(0 \(Metrics.header + place * Metrics.row))\">\n"
            for box in row { append(box, to: &text) }
            text += "</g>\n"
        }
        return text + "</g>\n"
    }

    private func append(_ box: FlameGraphLayout.Box, to text: inout String) {
        let node = tree[box.node]
        let left = hundredths(box.start)
        let width = hundredths(box.start + node.totalWeight) - left
        let name = names[node.label.position]
        let shade = FlameGraphPalette.styleClass(for: tree.labels[node.label])
        text += "<g><title>\(XMLText.escaped(name)) (\(unit.text(ofWeight: node.totalWeight)), "
        text += "\(DecimalText.percent(node.totalWeight, of: total))%)"
        if let change = tree.labels[node.label].change { text += "\n\(XMLText.escaped(change.text))" }
        text += "</title>"
        text += "<rect class=\"\(shade)\(width < Metrics.outlined ? "" : " w")\" x=\"\(DecimalText.hundredths(left))\" "
        text += "width=\"\(DecimalText.hundredths(width))\" height=\"\(Metrics.box)\" "
        text += "data-s=\"\(box.start)\" data-w=\"\(node.totalWeight)\"/>"
        if let shown = clipped(name, toHundredths: width) {
            let x = DecimalText.hundredths(left + Metrics.textMargin)
            text += "<text x=\"\(x)\" y=\"\(Metrics.baseline)\">\(XMLText.escaped(shown))</text>"
        }
        text += "</g>\n"
    }

    /// Hundredths of a pixel to the left of a sample.
    private func hundredths(_ start: UInt64) -> UInt64 {
        DecimalText.scaled(start, of: total, to: FlameGraphLayout.width * 100)
    }

    private func clipped(_ name: String, toHundredths width: UInt64) -> String? {
        guard width >= 2 * Metrics.textMargin + 3 * Metrics.column else { return nil }
        let columns = (width - 2 * Metrics.textMargin) / Metrics.column
        return TextColumns.clipped(name, to: Int(columns))
    }

    private var foot: String {
        let top = Metrics.header + rowsHeight
        let lines = notes.enumerated().map { line($1, "facts", y: 44 + 18 * $0, columns: 180) }.joined()
        return "<g class=\"foot\" transform=\"translate(0 \(top))\">\n\(legend)\(lines)</g>\n"
    }

    private var legend: String {
        let labels = layout.rows.joined().map { tree.label(of: $0.node) }
        let kinds = Set(labels.map(\.kind)).subtracting([.group])
        let shades =
            isDifferential
            ? ChangePalette.legend(for: Set(labels.compactMap { $0.change?.verdict }))
            : CallTree.RowKind.allCases.filter(kinds.contains).map(FlameGraphPalette.legend)
        let entries = shades.map { "<tspan class=\"\($0.styleClass)\">■</tspan> \($0.text)" }
        let text = entries.joined(separator: "\u{A0}\u{A0}\u{A0}\u{A0}")
        return "<text class=\"facts\" x=\"\(Metrics.margin)\" y=\"22\">\(text)</text>\n"
    }

    /// What the picture leaves out.
    private var notes: [String] {
        [note(layout.narrow, "narrower than 0.1 pixels"), note(layout.deep, "beyond row \(layout.rows.count)")]
            .compactMap { $0 }
    }

    private func note(_ omission: FlameGraphLayout.Omission, _ reason: String) -> String? {
        guard omission.nodes > 0 else { return nil }
        let share = DecimalText.percent(omission.weight, of: total)
        let frames = NumberText.count(omission.nodes, "frame")
        return "\(frames) \(reason) (in \(share)% of the \(unit.whole)), neither drawn nor searched"
    }

    private func line(_ text: String, _ styleClass: String, y: Int, columns: Int) -> String {
        let shown = XMLText.escaped(TextColumns.clipped(text, to: columns))
        return "<text class=\"\(styleClass)\" x=\"\(Metrics.margin)\" y=\"\(y)\">\(shown)</text>\n"
    }

    private var script: String { total == 0 ? "" : "<script><![CDATA[\n\(FlameGraphAssets.script)]]></script>\n" }
}

/// Text as XML 1.0 character data and attribute values.
private enum XMLText {
    /// `text` with the five special characters as entities, and what XML forbids or a reader can't see as `\u{1b}`.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in PrintableText.escaped(text).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// The files that are copied into every flame graph.
private enum FlameGraphAssets {
    static var script: String { String(decoding: PackageResources.flamegraph_js, as: UTF8.self) }

    static var styleSheet: String { String(decoding: PackageResources.flamegraph_css, as: UTF8.self) }
}
