package import Profiles

/// A profile as an interactive flame graph: one SVG file that needs nothing else.
///
/// A browser that opens it runs its script: search, zoom, filters, state in the address. Where no script runs (an `<img>`, a
/// viewer), it is a picture that scales. The same profile always gives the same bytes. One without values says so.
package struct FlameGraph: Sendable {
    /// Where the root is drawn.
    package enum Orientation: String, Hashable, Sendable, Codable {
        /// At the bottom, callees above their callers.
        case flames
        /// At the top, callees below their callers.
        case icicles
    }

    /// What colours stand for.
    package enum Colours: String, Hashable, Sendable, Codable, CaseIterable {
        /// What kind of code a function is.
        case kind
        /// The object file that it is in.
        case object
        /// The thread that it runs on.
        case thread
    }

    /// What the picture shows when it is opened; a browser's reader can change all of it.
    package struct View: Hashable, Sendable, Codable {
        /// The order of the callees of one caller, from the left.
        package enum Order: String, Hashable, Sendable, Codable, CaseIterable {
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
        package var colours: Colours

        package init(
            orientation: Orientation? = nil, isInverted: Bool = false, order: Order = .name,
            omitsIdleWaits: Bool = false, colours: Colours = .kind
        ) {
            self.orientation = orientation
            self.isInverted = isInverted
            self.order = order
            self.omitsIdleWaits = omitsIdleWaits
            self.colours = colours
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
        get throws(RenderingError) { try document.text }
    }

    private var document: FlameGraphDocument {
        get throws(RenderingError) {
            let (tree, colours) = colouredTree(of: profile)
            let (drawn, drawnColours) =
                view.omitsIdleWaits ? colouredTree(of: profile.withoutIdleWaits()) : (tree, colours)
            let layout =
                view.isInverted
                ? Self.invertedLayout(of: drawn, drawnColours, order: view.order)
                : FlameGraphLayout(drawn, order: view.order) { drawnColours.style(of: $0, in: drawn) }
            let hasSamples = tree[tree.root].totalWeight > 0
            return FlameGraphDocument(
                caption: FlameGraphCaption(profile), layout: layout, colours: colours,
                unit: profile.shownSampleType.unit,
                view: view,
                data: hasSamples ? try FlameGraphData(tree, colours, hasIdleWaits: profile.mayHaveIdleWaits).text : nil
            )
        }
    }

    private static func invertedLayout(
        of tree: CallTree, _ colours: FlameGraphColours, order: View.Order
    ) -> FlameGraphLayout {
        let inverted = InvertedCallTree(tree, threads: colours.threads?.nodes)
        return FlameGraphLayout(inverted, order: order) { colours.style(of: $0, in: inverted) }
    }

    /// - Parameter shown: the profile, or what is drawn of it.
    private func colouredTree(of shown: Profile) -> (CallTree, FlameGraphColours) {
        let unit = profile.shownSampleType.unit
        guard view.colours == .thread else {
            let tree = CallTree(shown, grouping: grouping, weight: unit.weight)
            let colours =
                view.colours == .object
                ? FlameGraphColours(objectsOf: tree, rankedIn: profile) : FlameGraphColours(kindsOf: tree)
            return (tree, colours)
        }
        let (tree, threads) = CallTree.withThreads(shown, grouping: grouping, weight: unit.weight)
        return (tree, FlameGraphColours(threads: threads, of: tree, in: shown, ranking: profile))
    }
}
