import ArgumentParser
import ProfileFormats
import Profiles

extension ProfileFormat: ExpressibleByArgument {}

/// A profile in one of the formats.
struct ProfileRendering {
    /// How stacks are shown where a format leaves that open.
    struct Style: Codable {
        var grouping: Grouping
        var view: FlameGraph.View
        /// Of lines of text.
        var columns: Int
    }

    /// How many functions a table in a file has.
    static let tableLength = 50

    private let format: ProfileFormat
    private let style: Style

    init(_ format: ProfileFormat, _ style: Style) {
        self.format = format
        self.style = style
    }

    /// The file; `nil` when there is no memory for it.
    func bytes(of profile: Profile) -> [UInt8]? {
        let shown = style.view.omitsIdleWaits && !format.isPicture ? profile.withoutIdleWaits() : profile
        switch format {
        case .svg:
            return Array(FlameGraph(profile, grouping: style.grouping, view: style.view).svg.utf8)
        case .html:
            return HTMLPage(profile, grouping: style.grouping, orientation: style.view.orientation ?? .flames).bytes
        case .folded: return Array(FoldedStacks(shown, grouping: style.grouping).text.utf8)
        case .pprof: return PprofFile(shown)?.bytes
        case .speedscope: return SpeedscopeFile(shown).bytes
        case .perf: return PerfScript(shown).bytes
        case .json: return ProfileJSON(shown).bytes
        case .top: return Array(TopTable(shown, limit: Self.tableLength).text(columns: style.columns).utf8)
        }
    }
}
