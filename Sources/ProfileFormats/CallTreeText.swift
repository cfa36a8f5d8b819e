package import Profiles
import SystemSupport

/// A call tree as plain text: a line per function, callees below their callers.
///
///       TOTAL     SELF  FUNCTION
///     100.00%    0.00%  all
///      98.00%    1.00%  main
///      60.00%   40.00%  ├ parse
///      20.00%   20.00%  │ read
///      37.00%   37.00%  └ write
///
/// A function's only callee stands right below it; several ones are branches.
package struct CallTreeText: Sendable {
    /// Branches beyond are not indented further.
    private static let deepestBranch = 40

    private let tree: CallTree
    private let total: UInt64
    private let minimum: Double

    /// - Parameter minimum: the share of the whole, from 0 to 1, below which functions are left out.
    package init(_ profile: Profile, minimum: Double) {
        tree = CallTree(profile, grouping: .process, weight: profile.shownSampleType.unit.weight)
        self.minimum = minimum
        total = tree[tree.root].totalWeight
    }

    /// A row to write, and how it is indented.
    private struct Row {
        enum Content {
            case node(CallTree.NodeIndex)
            /// Callees below the minimum, and their weight.
            case omitted(count: Int, weight: UInt64)
        }

        let content: Content
        /// Of the row itself.
        let mark: String
        /// Of what is below it.
        let indentation: String
        let branch: Int
    }

    /// The lines, none wider than `columns`; names that don't fit end in `…`.
    package func text(columns: Int) -> String {
        let heading = [FunctionColumns.leading("TOTAL"), FunctionColumns.leading("SELF"), "FUNCTION"]
            .joined(separator: FunctionColumns.gap)
        var lines = [heading]
        var pending = [Row(content: .node(tree.root), mark: "", indentation: "", branch: 0)]
        while let row = pending.popLast() {
            lines.append(line(row, columns: columns))
            if case .node(let node) = row.content { pending += rows(below: node, of: row).reversed() }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func rows(below node: CallTree.NodeIndex, of row: Row) -> [Row] {
        let callees = tree.callees(of: node).sorted { tree[$0].totalWeight > tree[$1].totalWeight }
        let shown = callees.prefix { Double(tree[$0].totalWeight) >= minimum * Double(total) }
        var contents = shown.map(Row.Content.node)
        let rest = callees.dropFirst(shown.count)
        if !rest.isEmpty {
            contents.append(.omitted(count: rest.count, weight: rest.reduce(0) { $0 + tree[$1].totalWeight }))
        }
        guard contents.count > 1, row.branch < Self.deepestBranch else {
            return contents.map {
                Row(content: $0, mark: row.indentation, indentation: row.indentation, branch: row.branch)
            }
        }
        return contents.enumerated().map { position, content in
            let isLast = position == contents.count - 1
            return Row(
                content: content, mark: row.indentation + (isLast ? "└ " : "├ "),
                indentation: row.indentation + (isLast ? "  " : "│ "), branch: row.branch + 1)
        }
    }

    private func line(_ row: Row, columns: Int) -> String {
        let (weight, own, name): (UInt64, UInt64, String) =
            switch row.content {
            case .node(let node): (tree[node].totalWeight, tree[node].ownWeight, self.name(of: node))
            case .omitted(let count, let weight):
                (weight, 0, "(\(NumberText.count(count, "more function")))")
            }
        let numbers = [weight, own].map { FunctionColumns.share($0, of: total) + FunctionColumns.gap }.joined()
        let width = max(8, columns - numbers.count)
        return numbers + TextColumns.clipped(row.mark + name, to: width)
    }

    private func name(of node: CallTree.NodeIndex) -> String {
        let label = tree.label(of: node)
        return FunctionColumns.name(label.name.text, label.kind)
    }
}
