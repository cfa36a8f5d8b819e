package import Profiles
import SystemSupport

/// A profile as one interactive page that needs nothing else: flame graphs, callers and callees, a table, and when what
/// was sampled.
///
/// A browser that opens it sends no request; its policy forbids any. The same profile always gives the same bytes. Names
/// are in compressed tables and are inserted as text, so that they can't be markup.
package struct HTMLPage: Sendable {
    private let profile: Profile
    private let grouping: Grouping
    private let view: FlameGraph.View

    /// - Parameters:
    ///   - grouping: what the outermost rows are.
    ///   - view: what the page shows when it opens, except for idle waits; a reader can change all of it.
    package init(_ profile: Profile, grouping: Grouping, view: FlameGraph.View = FlameGraph.View()) {
        self.profile = profile
        self.grouping = grouping
        self.view = view
    }

    /// The HTML file, in UTF-8.
    package var bytes: [UInt8] {
        get throws(RenderingError) {
            let tables = PageTables(profile)
            let times = PageTimes(tables.samples)
            return try PageDocument(
                caption: FlameGraphCaption(profile), facts: PageFacts(profile, untimed: times.untimed).facts,
                attributes: attributes(times), tables: [("tables", tables.columns.text)],
                times: times.isEmpty ? nil : times.columns.text
            ).bytes
        }
    }

    /// What the script needs to know beside the tables.
    private func attributes(_ times: PageTimes) -> [(name: String, value: String)] {
        let metadata = profile.metadata
        return [
            ("unit", printable(profile.shownSampleType.unit.name, limit: 32)),
            ("grouping", String(PageTables.groupings.firstIndex(of: grouping) ?? -1)),
            ("orientation", view.orientation == .icicles ? "icicles" : "flames"),
            ("opens", view.isInverted ? "inverted" : "flames"),
            ("order", view.order.rawValue),
            ("colours", view.colours.rawValue),
            ("timed", String(!times.isEmpty)),
            ("time-unit", String(times.unitNanoseconds)),
            ("duration", String(max(metadata.durationNanoseconds ?? 0, times.end))),
            ("start", metadata.startNanoseconds.map(String.init) ?? ""),
            ("period", metadata.periodNanoseconds.map(String.init) ?? ""),
        ]
    }
}
