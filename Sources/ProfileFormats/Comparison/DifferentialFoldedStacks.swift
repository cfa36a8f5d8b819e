package import Profiles

/// The folded stacks of two profiles: one line per stack, root first, with both counts.
///
///     line = frame *(";" frame) SP before SP after LF
///
/// The format of Brendan Gregg's difffolded.pl, which flamegraph.pl draws with widths from `after`. Counts before are
/// scaled to the sum of those after, as with its option -n.
package struct DifferentialFoldedStacks: Sendable {
    /// One stack and its counts.
    package struct Line: Hashable, Sendable {
        /// The frames from the root to the leaf, separated by `;`.
        package let stack: String
        package let before: UInt64
        package let after: UInt64
    }

    /// Sorted by the bytes of their stacks, each stack once.
    package let lines: [Line]

    package init(before: Profile, after: Profile, grouping: Grouping) {
        let (first, second) = (
            FoldedStacks(before, grouping: grouping).lines, FoldedStacks(after, grouping: grouping).lines
        )
        let totals = (Self.total(first), Self.total(second))
        var counts: [Spelling: (before: UInt64, after: UInt64)] = [:]
        for line in first {
            let scaled =
                totals.1 == 0
                ? line.count : max(1, DecimalText.scaled(line.count, of: totals.0, to: totals.1))
            counts[Spelling(line.stack), default: (0, 0)].before = scaled
        }
        for line in second { counts[Spelling(line.stack), default: (0, 0)].after = line.count }
        lines = counts.sorted { $0.key < $1.key }.map {
            Line(stack: $0.key.text, before: $0.value.before, after: $0.value.after)
        }
    }

    /// The lines, each ended by a line feed.
    package var text: String { lines.map { "\($0.stack) \($0.before) \($0.after)\n" }.joined() }

    private static func total(_ lines: [FoldedStacks.Line]) -> UInt64 { lines.reduce(0) { $0 + $1.count } }
}
