package import Profiles

/// A profile as an interactive flame graph: one SVG file that needs nothing else.
///
/// A browser that opens it runs its script: search, zoom, state in the address. Where no script runs (an `<img>`, a
/// viewer), it is a picture that scales. The same profile always gives the same bytes.
package struct FlameGraph: Sendable {
    /// Where the root is drawn.
    package enum Orientation: Hashable, Sendable, CaseIterable {
        /// At the bottom, callees above their callers.
        case flames
        /// At the top, callees below their callers.
        case icicles
    }

    /// What to draw, and how.
    package struct Options: Hashable, Sendable {
        package var grouping: Grouping
        package var orientation: Orientation
        /// `nil`: made of the profile's command and processes.
        package var title: String?
        /// The most rows that are drawn; the frames beyond them are counted in a note.
        package var maximumRows: Int

        package init(
            grouping: Grouping, orientation: Orientation = .flames, title: String? = nil, maximumRows: Int = 500
        ) {
            self.grouping = grouping
            self.orientation = orientation
            self.title = title
            self.maximumRows = max(1, maximumRows)
        }
    }

    private let profile: Profile
    private let options: Options

    package init(_ profile: Profile, options: Options) {
        self.profile = profile
        self.options = options
    }

    /// The SVG file.
    package var svg: String {
        let caption = FlameGraphCaption(profile, title: options.title)
        let unit = profile.shownSampleType.unit
        let tree = CallTree(profile, grouping: options.grouping, weight: unit.weight)
        let layout = FlameGraphLayout(tree, maximumRows: options.maximumRows)
        return FlameGraphDocument(
            caption: caption, tree: tree, layout: layout, unit: unit, orientation: options.orientation
        ).text
    }
}
