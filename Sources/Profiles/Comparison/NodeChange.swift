package import Statistics

/// How a node of a call tree, with all that it calls, differs from the same node of another profile.
package struct NodeChange: Hashable, Sendable {
    package enum Verdict: String, Hashable, Sendable, CaseIterable {
        /// Chance explains the difference.
        case chance
        case grew
        case shrank
        /// Within the caller: what the node gained or lost, others below the same caller lost or gained.
        case moved
    }

    package let share: ShareChange
    package internal(set) var verdict: Verdict
}

/// A node of the call tree of two profiles.
package struct ComparedNode: Sendable {
    package let label: CallTree.Label
    /// The paths of the object files that the label's functions are in, sorted.
    package let objects: [Spelling]
    /// The position of its caller; `nil` for the root.
    package let caller: Int?
    /// The weights of the samples that end at the node.
    package let ownBefore: UInt64
    package let ownAfter: UInt64
    package let change: NodeChange
}
