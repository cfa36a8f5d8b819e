package import Profiles
import SystemSupport

/// The hottest functions of a profile as aligned plain text.
///
///       SELF    TOTAL  FUNCTION
///     71.20%   80.00%  parse
package struct TopTable: Sendable {
    private static let columnWidth = 7
    private static let gap = "  "

    private let functions: [FunctionWeight]
    private let totalWeight: UInt64

    /// The `limit` functions of the greatest own weight.
    package init(_ profile: Profile, limit: Int) {
        functions = profile.top(limit)
        totalWeight = UInt64(clamping: profile.total(of: profile.shownSampleType) ?? 0)
    }

    /// A heading and a line per function, none wider than `columns`; names that don't fit end in `…`.
    package func text(columns: Int) -> String {
        let nameWidth = max(8, columns - 2 * (Self.columnWidth + Self.gap.count))
        let heading = [Self.padded("SELF"), Self.padded("TOTAL"), "FUNCTION"]
        let lines = functions.map { function in
            [
                Self.padded(DecimalText.percent(function.selfWeight, of: totalWeight) + "%"),
                Self.padded(DecimalText.percent(function.totalWeight, of: totalWeight) + "%"),
                Self.name(of: function, columns: nameWidth),
            ]
        }
        return ([heading] + lines).map { $0.joined(separator: Self.gap) + "\n" }.joined()
    }

    private static func name(of function: FunctionWeight, columns: Int) -> String {
        let mark = function.kind == .kernel ? " [kernel]" : ""
        let name = PrintableText.escaped(function.name)
        return TextColumns.clipped(name + mark, to: columns)
    }

    private static func padded(_ text: String) -> String {
        String(repeating: " ", count: max(0, columnWidth - text.count)) + text
    }
}
