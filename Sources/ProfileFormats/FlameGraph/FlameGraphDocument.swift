import Profiles
import SystemSupport

/// The text of a flame graph's SVG file.
///
/// Row by row, a frame is
///
///     <g><title>NAME (1,234 samples, 12.34%)</title><rect fill= x= width= height=/><text>NAME</text></g>
///
/// and those narrower than a pixel are in a path for each kind. Colours and fonts are attributes, so that the picture
/// needs no style sheet; the script draws it anew from the data that follow it.
struct FlameGraphDocument {
    private enum Metrics {
        static let row = 18
        /// Less than a row, so that rows stay apart.
        static let box = 17
        static let margin = 12
        static let width = Int(FlameGraphLayout.width) + 2 * margin
        static let titleLine = 24
        static let factLine = 18
        static let baseline = "12.5"
        /// What fits in the width, in characters.
        static let titleColumns = 100
        static let factColumns = 165
        static let legendGap = "\u{A0}\u{A0}\u{A0}\u{A0}"
        /// Hundredths of a pixel that a character may take; the widest common monospaced fonts need 7.3 at 12 pixels.
        static let column: UInt64 = 735
        static let textMargin: UInt64 = 400
        /// Narrower boxes have no outline, which would hide them.
        static let outlined: UInt64 = 400
        /// Narrower boxes are no elements of their own.
        static let single: UInt64 = 100
        /// Boxes with less between them are beside each other.
        static let gap: UInt64 = 50
        /// Screens show as many rows below the head; a higher graph has its root at the top.
        static let screenRows = 32
    }

    private static let sansSerif = "system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"
    private static let monospace = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"

    private let caption: FlameGraphCaption
    private let layout: FlameGraphLayout
    private let colours: FlameGraphColours
    private let unit: SampleType.Unit
    private let view: FlameGraph.View
    /// The whole tree for the script; `nil` without samples.
    private let data: String?
    private let titleLines: [String]
    private let factLines: [String]
    private let legendLines: [[FlameGraphColours.LegendEntry]]
    private let orientation: FlameGraph.Orientation

    init(
        caption: FlameGraphCaption, layout: FlameGraphLayout, colours: FlameGraphColours, unit: SampleType.Unit,
        view: FlameGraph.View, data: String?
    ) {
        self.caption = caption
        self.layout = layout
        self.colours = colours
        self.unit = unit
        self.view = view
        self.data = data
        titleLines = WrappedText.lines(of: caption.title, columns: Metrics.titleColumns, limit: 6)
        factLines = WrappedText.lines(of: caption.subtitle, columns: Metrics.factColumns, limit: 6)
        legendLines = Self.lines(of: colours.legend(of: layout))
        orientation = view.orientation ?? (layout.rows.count > Metrics.screenRows ? .icicles : .flames)
    }

    var text: String { head + graph + foot + script + "</svg>\n" }

    private var headHeight: Int { 16 + titleLines.count * Metrics.titleLine + factLines.count * Metrics.factLine }

    private var rowsHeight: Int { max(1, layout.rows.count) * Metrics.row }

    private var height: Int {
        headHeight + rowsHeight + 18 + (max(1, legendLines.count) + notes.count) * Metrics.factLine
    }

    private var head: String {
        let title = XMLText.escaped(caption.title)
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" class="sonde" viewBox="0 0 \(Metrics.width) \(height)" \
            width="\(Metrics.width)" height="\(height)" role="img" aria-label="\(title)"\(attributes)>
            <title>\(title)</title>
            <desc>\(XMLText.escaped(caption.subtitle))</desc>
            <style><![CDATA[
            \(FlameGraphAssets.styleSheet)]]></style>
            <rect class="page" width="100%" height="100%" fill="#fff"><title/></rect>
            <g class="head"><rect class="page" width="100%" height="\(headHeight)" fill="#fff"><title/></rect>
            \(titles)\(facts(factLines, from: titleLines.count * Metrics.titleLine + 21))\
            </g>

            """
    }

    /// What the script needs to know beside the data.
    private var attributes: String {
        let attributes: [(String, String)] = [
            ("root", orientation == .flames ? "bottom" : "top"),
            ("inverted", String(view.isInverted)),
            ("order", view.order.rawValue),
            ("idle", view.omitsIdleWaits ? "hidden" : "shown"),
            ("unit", String(unit.text(ofWeight: 1).dropFirst(2))),
            ("units", String(unit.text(ofWeight: 2).dropFirst(2))),
            ("whole", unit.whole),
            ("palette", colours.palette.joined(separator: " ")),
        ]
        return attributes.map { " data-\($0.0)=\"\(XMLText.escaped($0.1))\"" }.joined()
    }

    private var titles: String {
        let attributes =
            "class=\"name\" font-family=\"\(Self.sansSerif)\" font-size=\"18\" font-weight=\"600\" fill=\"#1b1f24\""
        return titleLines.enumerated().map { position, line in
            let y = 28 + position * Metrics.titleLine
            return "<text \(attributes) x=\"\(Metrics.margin)\" y=\"\(y)\">\(XMLText.escaped(line))</text>\n"
        }.joined()
    }

    private func facts(_ lines: [String], from top: Int) -> String {
        lines.enumerated().map { position, line in
            fact(XMLText.escaped(line), y: top + position * Metrics.factLine)
        }.joined()
    }

    private func fact(_ escaped: String, y: Int) -> String {
        let attributes = "class=\"facts\" font-family=\"\(Self.sansSerif)\" font-size=\"13\" fill=\"#59636e\""
        return "<text \(attributes) x=\"\(Metrics.margin)\" y=\"\(y)\">\(escaped)</text>\n"
    }

    private var graph: String {
        guard layout.total > 0 else {
            return "<g class=\"rows\">\n\(fact("no samples", y: headHeight + 14))</g>\n"
        }
        var text =
            "<g class=\"rows\" transform=\"translate(\(Metrics.margin) \(headHeight))\" "
            + "font-family=\"\(Self.monospace)\" font-size=\"12\" stroke-width=\".7\">\n"
        for (depth, row) in layout.rows.enumerated() {
            text += "<g transform=\"translate(0 \(top(ofRow: depth)))\">\n"
            for box in row where width(of: box) >= Metrics.single { append(box, to: &text) }
            text += "</g>\n"
        }
        return text + narrowBoxes + "</g>\n"
    }

    private func top(ofRow depth: Int) -> Int {
        (orientation == .flames ? layout.rows.count - 1 - depth : depth) * Metrics.row
    }

    /// A path for each family of colours of the frames that are no elements; those beside each other share a box.
    private var narrowBoxes: String {
        var paths: [Int: String] = [:]
        for (depth, row) in layout.rows.enumerated() {
            var run: (family: Int, left: UInt64, right: UInt64)?
            func close() {
                guard let run else { return }
                let width = DecimalText.hundredths(run.right - run.left)
                paths[run.family, default: ""] +=
                    "M\(DecimalText.hundredths(run.left)) \(top(ofRow: depth))h\(width)v\(Metrics.box)h-\(width)z"
            }
            for box in row where width(of: box) < Metrics.single {
                let (left, right) = (hundredths(box.start), hundredths(box.start + box.weight))
                let family = FlameGraphPalette.family(atPlace: box.style.place)
                if let open = run, open.family == family, left - open.right < Metrics.gap {
                    run?.right = right
                } else {
                    close()
                    run = (family, left, right)
                }
            }
            close()
        }
        return paths.sorted { $0.key < $1.key }.map { family, path in
            "<path fill=\"\(colours.middleColour(ofFamily: family))\" d=\"\(path)\"/>\n"
        }.joined()
    }

    private func append(_ box: FlameGraphLayout.Box, to text: inout String) {
        let (left, width) = (hundredths(box.start), width(of: box))
        let name = PrintableText.escaped(box.label.name.text)
        let outline = width < Metrics.outlined ? "" : " class=\"w\" stroke=\"#fff\""
        text += "<g><title>\(XMLText.escaped(name)) (\(XMLText.escaped(unit.text(ofWeight: box.weight))), "
        text += "\(DecimalText.percent(box.weight, of: layout.total))%)"
        if let remark = box.style.remark { text += "\n\(XMLText.escaped(remark))" }
        text += "</title>"
        text += "<rect fill=\"\(colours.palette[box.style.place])\"\(outline) "
        text += "x=\"\(DecimalText.hundredths(left))\" width=\"\(DecimalText.hundredths(width))\" "
        text += "height=\"\(Metrics.box)\"/>"
        if let shown = label(name, toHundredths: width) {
            let x = DecimalText.hundredths(left + Metrics.textMargin)
            text += "<text fill=\"#14171c\" x=\"\(x)\" y=\"\(Metrics.baseline)\">\(XMLText.escaped(shown))</text>"
        }
        text += "</g>\n"
    }

    /// Hundredths of a pixel to the left of a sample.
    private func hundredths(_ start: UInt64) -> UInt64 {
        DecimalText.scaled(start, of: layout.total, to: FlameGraphLayout.width * 100)
    }

    /// In hundredths of a pixel.
    private func width(of box: FlameGraphLayout.Box) -> UInt64 {
        hundredths(box.start + box.weight) - hundredths(box.start)
    }

    private func label(_ name: String, toHundredths width: UInt64) -> String? {
        guard width >= 2 * Metrics.textMargin + 3 * Metrics.column else { return nil }
        let columns = (width - 2 * Metrics.textMargin) / Metrics.column
        return LabelSpellings(name).fitted(to: Int(columns))
    }

    private var foot: String {
        let top = headHeight + rowsHeight
        let lines = facts(notes, from: 22 + max(1, legendLines.count) * Metrics.factLine)
        return "<g class=\"foot\" transform=\"translate(0 \(top))\">\n\(legend)\(lines)</g>\n"
    }

    /// The entries of a legend in lines that fit in the width.
    private static func lines(of legend: [FlameGraphColours.LegendEntry]) -> [[FlameGraphColours.LegendEntry]] {
        var lines: [[FlameGraphColours.LegendEntry]] = []
        var columns = 0
        for entry in legend {
            let width = 2 + TextColumns.count(of: entry.text)
            columns += Metrics.legendGap.count + width
            if lines.isEmpty || columns > Metrics.factColumns {
                lines.append([])
                columns = width
            }
            lines[lines.count - 1].append(entry)
        }
        return lines
    }

    private var legend: String {
        let lines = legendLines.enumerated().map { line, entries in
            entries.enumerated().map { position, entry in
                let place = line > 0 && position == 0 ? " x=\"\(Metrics.margin)\" dy=\"\(Metrics.factLine)\"" : ""
                let text = XMLText.escaped(entry.text)
                return entry.colour.map { "<tspan fill=\"\($0)\"\(place)>■</tspan> \(text)" }
                    ?? "<tspan\(place)>\(text)</tspan>"
            }.joined(separator: Metrics.legendGap)
        }
        return fact(lines.joined(separator: Metrics.legendGap), y: 22)
    }

    /// What the picture leaves out.
    private var notes: [String] {
        let reasons: [String?] = [
            omission(layout.narrowWeight, "frames narrower than 0.1 pixels"),
            omission(layout.deepWeight, "frames beyond row \(layout.rows.count)"),
            view.omitsIdleWaits ? "stacks in idle waits" : nil,
        ]
        let shown = reasons.compactMap { $0 }
        let remedy = layout.narrowWeight + layout.deepWeight > 0 ? " In a browser, zoom in to see more." : ""
        return shown.isEmpty ? [] : ["Not shown: \(shown.joined(separator: "; ")).\(remedy)"]
    }

    private func omission(_ weight: UInt64, _ reason: String) -> String? {
        weight == 0 ? nil : "\(reason), in \(DecimalText.percent(weight, of: layout.total))% of the \(unit.whole)"
    }

    private var script: String {
        guard let data else { return "" }
        return """
            <script type="application/gzip" class="tree">\(data)</script>
            <script><![CDATA[
            \(FlameGraphAssets.script)]]></script>

            """
    }
}

/// Text in lines of limited width.
private enum WrappedText {
    /// Lines that break at spaces, or within words that are longer than a line; what is beyond the limit is cut off.
    static func lines(of text: String, columns: Int, limit: Int) -> [String] {
        var lines: [String] = []
        var rest = Substring(text)
        while TextColumns.count(of: String(rest)) > columns, lines.count < limit - 1 {
            var (width, end) = (0, rest.unicodeScalars.startIndex)
            while width + TextColumns.count(of: rest.unicodeScalars[end]) <= columns {
                width += TextColumns.count(of: rest.unicodeScalars[end])
                end = rest.unicodeScalars.index(after: end)
            }
            let line = rest[..<end]
            let space = line.lastIndex(of: " ").map { rest.index(after: $0) } ?? end
            lines.append(String(rest[..<space]))
            rest = rest[space...]
        }
        return lines + [TextColumns.clipped(String(rest), to: columns)]
    }
}

/// Text as XML 1.0 character data and attribute values.
enum XMLText {
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
    static let script = CompactScript.text(of: [
        PackageResources.shared_document_js, PackageResources.shared_values_js,
        PackageResources.flamegraph_tree_js, PackageResources.flamegraph_frames_js,
        PackageResources.flamegraph_drawing_js, PackageResources.flamegraph_toolbar_js,
        PackageResources.flamegraph_state_js, PackageResources.flamegraph_words_js,
        PackageResources.flamegraph_search_js, PackageResources.flamegraph_picture_js,
        PackageResources.flamegraph_input_js, PackageResources.flamegraph_js,
    ])

    static let styleSheet = String(decoding: PackageResources.flamegraph_css, as: UTF8.self)
}
