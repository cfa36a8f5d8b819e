package import Profiles

/// A profile as an interactive flame graph: one SVG file that needs nothing else.
///
/// A browser that opens it runs its script: search, zoom, filters, state in the address. Where no script runs (an `<img>`, a
/// viewer), it is a picture that scales. The same profile always gives the same bytes. One without values says so.
package struct FlameGraph: Sendable {
    /// Where the root is drawn.
    package enum Orientation: Hashable, Sendable {
        /// At the bottom, callees above their callers.
        case flames
        /// At the top, callees below their callers.
        case icicles
    }

    /// What the picture shows when it is opened; a browser's reader can change all of it.
    package struct View: Hashable, Sendable {
        /// The order of the callees of one caller, from the left.
        package enum Order: String, Hashable, Sendable, CaseIterable {
            case name
            /// The heaviest first.
            case weight
        }

        /// `nil` for flames, unless they are so high that a screen wouldn't show their root.
        package var orientation: Orientation?
        /// The functions in which stacks end are next to the root, and their callers follow.
        package var isInverted: Bool
        package var order: Order
        /// Stacks that end in idle waits are left out.
        package var omitsIdleWaits: Bool

        package init(
            orientation: Orientation? = nil, isInverted: Bool = false, order: Order = .name,
            omitsIdleWaits: Bool = false
        ) {
            self.orientation = orientation
            self.isInverted = isInverted
            self.order = order
            self.omitsIdleWaits = omitsIdleWaits
        }
    }

    private let profile: Profile
    private let grouping: Grouping
    private let view: View

    package init(_ profile: Profile, grouping: Grouping, view: View = View()) {
        self.profile = profile
        self.grouping = grouping
        self.view = view
    }

    /// The SVG file.
    package var svg: String {
        let unit = profile.shownSampleType.unit
        let tree = CallTree(profile, grouping: grouping, weight: unit.weight)
        let drawn =
            view.omitsIdleWaits
            ? CallTree(profile.withoutIdleWaits(), grouping: grouping, weight: unit.weight) : tree
        let layout =
            view.isInverted
            ? FlameGraphLayout(InvertedCallTree(drawn), order: view.order)
            : FlameGraphLayout(drawn, order: view.order)
        let hasSamples = tree[tree.root].totalWeight > 0
        return FlameGraphDocument(
            caption: FlameGraphCaption(profile), layout: layout, unit: unit, view: view,
            data: hasSamples ? FlameGraphData(tree, hasIdleWaits: profile.mayHaveIdleWaits).text : nil
        ).text
    }
}
