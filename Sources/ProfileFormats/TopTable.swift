package import Profiles
import SystemSupport

/// The hottest functions of a profile as aligned plain text.
///
///       SELF    TOTAL  FUNCTION
///     71.20%   80.00%  parse
package struct TopTable: Sendable {
    private let functions: [FunctionWeight]
    private let totalWeight: UInt64

    /// The functions of the greatest own weight.
    ///
    /// - Parameter limit: how many; `nil` for all.
    package init(_ profile: Profile, limit: Int?) {
        functions = profile.top(limit)
        totalWeight = UInt64(clamping: profile.total(of: profile.shownSampleType) ?? 0)
    }

    /// A heading and a line per function, none wider than `columns`; names that don't fit end in `…`.
    package func text(columns: Int) -> String {
        let nameWidth = max(8, columns - 2 * (FunctionColumns.shareWidth + FunctionColumns.gap.count))
        let heading = [FunctionColumns.leading("SELF"), FunctionColumns.leading("TOTAL"), "FUNCTION"]
        let lines = functions.map { function in
            [
                FunctionColumns.share(function.selfWeight, of: totalWeight),
                FunctionColumns.share(function.totalWeight, of: totalWeight),
                TextColumns.clipped(FunctionColumns.name(function.name, function.kind), to: nameWidth),
            ]
        }
        return ([heading] + lines).map { $0.joined(separator: FunctionColumns.gap) + "\n" }.joined()
    }
}
