import ArgumentParser
import ProfileFormats
import Profiles

extension ProfileFormat: ExpressibleByArgument {}

/// A profile in one of the formats.
struct ProfileRendering {
    /// How stacks are shown where a format leaves that open.
    struct Style: Codable {
        /// `nil` for a row for each process, or for each command where there is one process.
        var grouping: Grouping?
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

    /// The file.
    func bytes(of profile: Profile) throws(RenderingError) -> [UInt8] {
        // The flame graph has all stacks, and can show them again.
        let shown = style.view.omitsIdleWaits && format != .svg ? profile.withoutIdleWaits() : profile
        let grouping = style.grouping ?? profile.defaultGrouping
        switch format {
        case .svg:
            return Array(try FlameGraph(profile, grouping: grouping, view: style.view).svg.utf8)
        case .html:
            return try HTMLPage(shown, grouping: grouping, view: style.view).bytes
        case .folded: return Array(FoldedStacks(shown, grouping: grouping).text.utf8)
        case .pprof:
            guard let file = PprofFile(shown) else { throw .noMemory }
            return file.bytes
        case .speedscope: return SpeedscopeFile(shown).bytes
        case .perf: return PerfScript(shown).bytes
        case .json: return ProfileJSON(shown).bytes
        case .top: return Array(TopTable(shown, limit: Self.tableLength).text(columns: style.columns).utf8)
        }
    }
}

extension Profile {
    /// What stacks stand on unless somebody says otherwise.
    fileprivate var defaultGrouping: Grouping {
        Set(threads.rows.map(\.process)).count > 1 ? .processWithID : .process
    }
}
