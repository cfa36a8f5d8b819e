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
