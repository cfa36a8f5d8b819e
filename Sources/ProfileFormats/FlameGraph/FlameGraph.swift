package import Profiles

/// A profile as an interactive flame graph: one SVG file that needs nothing else.
///
/// A browser that opens it runs its script: search, zoom, state in the address. Where no script runs (an `<img>`, a
/// viewer), it is a picture that scales. The same profile always gives the same bytes. One without values says so.
package struct FlameGraph: Sendable {
    /// Where the root is drawn.
    package enum Orientation: Hashable, Sendable {
        /// At the bottom, callees above their callers.
        case flames
        /// At the top, callees below their callers.
        case icicles
    }

    private let profile: Profile
    private let grouping: Grouping
    private let orientation: Orientation

    package init(_ profile: Profile, grouping: Grouping, orientation: Orientation = .flames) {
        self.profile = profile
        self.grouping = grouping
        self.orientation = orientation
    }

    /// The SVG file.
    package var svg: String {
        let unit = profile.shownSampleType.unit
        let tree = CallTree(profile, grouping: grouping, weight: unit.weight)
        return FlameGraphDocument(
            caption: FlameGraphCaption(profile), tree: tree, layout: FlameGraphLayout(tree), unit: unit,
            orientation: orientation
        ).text
    }
}
