package import Profiles
import SystemSupport

/// What differs between two profiles as an interactive flame graph: one SVG file that needs nothing else.
///
/// Widths are the shares of one of the profiles; colours say what became of each function with all that it calls. A
/// function that the profile of the widths doesn't have isn't drawn.
package struct DifferentialFlameGraph: Sendable {
    private let comparison: ProfileComparison
    private let side: ComparedSide
    private let orientation: FlameGraph.Orientation?

    /// - Parameters:
    ///   - side: the profile whose shares are the widths.
    ///   - orientation: `nil` for flames, unless they are so high that a screen wouldn't show their root.
    package init(
        _ comparison: ProfileComparison, widths side: ComparedSide = .after,
        orientation: FlameGraph.Orientation? = nil
    ) {
        self.comparison = comparison
        self.side = side
        self.orientation = orientation
    }

    /// The SVG file.
    package var svg: String {
        get throws(RenderingError) { try document.text }
    }

    private var document: FlameGraphDocument {
        get throws(RenderingError) {
            let unit = comparison.sampleType.unit
            let tree = comparison.tree.drawing(of: side, weight: unit.weight)
            let view = FlameGraph.View(orientation: orientation)
            let hasSamples = tree[tree.root].totalWeight > 0
            let colours = FlameGraphColours(kindsOf: tree)
            let layout = FlameGraphLayout(tree, order: view.order) { colours.style(of: $0, in: tree) }
            return FlameGraphDocument(
                caption: FlameGraphCaption(comparison, widths: side), layout: layout, colours: colours, unit: unit,
                view: view, data: hasSamples ? try FlameGraphData(tree, colours, hasIdleWaits: false).text : nil
            )
        }
    }
}

extension FlameGraphCaption {
    /// Those of a comparison.
    init(_ comparison: ProfileComparison, widths side: ComparedSide) {
        let (before, after) = (comparison.before, comparison.after)
        let titles = [before, after].map { Self.title($0.metadata) }
        let title = titles[0] == titles[1] ? "\(titles[0]): what changed" : "\(titles[0]) → \(titles[1])"
        let facts = [
            "before: \(Self.facts(before))", "after: \(Self.facts(after))", "widths: \(side.rawValue)",
            comparison.warnings.isEmpty ? nil : NumberText.count(comparison.warnings.count, "warning"),
        ]
        self.init(title: PrintableText.escaped(title), subtitle: facts.compactMap { $0 }.joined(separator: " · "))
    }

    static func facts(_ recording: ComparedRecording) -> String {
        let samples = NumberText.count(recording.samples, "sample")
        let duration = recording.metadata.durationNanoseconds.map(NumberText.duration(nanoseconds:))
        return duration.map { "\(samples) in \($0)" } ?? samples
    }
}
