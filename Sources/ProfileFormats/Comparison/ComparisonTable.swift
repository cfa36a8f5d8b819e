package import Profiles
import Statistics
import SystemSupport

/// What differs between two profiles, as aligned plain text.
///
///      BEFORE    AFTER        CHANGE           FUNCTION
///       3.00%    5.02%   +2.02 ±0.61  grew     parse
///
/// with shares of self or total samples, and changes in percentage points with their 95 % intervals.
package struct ComparisonTable: Sendable {
    private static let heading = ["BEFORE", "AFTER", "CHANGE", "", "FUNCTION"]

    private let comparison: ProfileComparison
    private let different: [FunctionChange]
    private let explained: [FunctionChange]
    private let limit: Int?
    private let showsChance: Bool

    /// - Parameters:
    ///   - limit: the most functions that are shown; `nil` for all.
    ///   - showsChance: whether functions are shown that don't differ by more than chance.
    package init(_ comparison: ProfileComparison, limit: Int?, showsChance: Bool = false) {
        self.comparison = comparison
        different = comparison.functions.filter { $0.verdict != .chance }
        explained = comparison.functions.filter { $0.verdict == .chance }
        self.limit = limit
        self.showsChance = showsChance
    }

    /// Lines none wider than `columns`; names that don't fit end in `…`.
    package func text(columns: Int) -> String {
        let functions = showsChance ? different + explained : different
        let shown = limit.map { Array(functions.prefix($0)) } ?? functions
        let blocks = [
            head, shown.isEmpty ? [] : rows(shown), rest(functions.count - shown.count) + [chance] + scale,
        ]
        let lines = blocks.filter { !$0.isEmpty }.map { block in
            block.map { TextColumns.clipped($0, to: max(40, columns)) + "\n" }.joined()
        }
        return lines.joined(separator: "\n")
    }

    // MARK: - Head

    private var head: [String] {
        let recordings = [("before", comparison.before), ("after", comparison.after)]
        let rows = recordings.map { [$0.0] + Self.facts($0.1) }
        let widths = rows[0].indices.map { column in rows.map { TextColumns.onTerminal($0[column]) }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { TextColumns.padded($0, to: $1) }.joined(separator: FunctionColumns.gap)
                .trimmed
        }
    }

    private static func facts(_ recording: ComparedRecording) -> [String] {
        let metadata = recording.metadata
        return [
            metadata.durationNanoseconds.map(NumberText.duration(nanoseconds:)) ?? "",
            NumberText.count(recording.samples, "sample") + (metadata.rateHertz.map { " at \($0) Hz" } ?? ""),
            recording.meanProcessors.map { NumberText.decimal($0, digits: 2) + " CPUs" } ?? "",
            TextColumns.clipped(PrintableText.escaped(FlameGraphCaption.title(metadata)), to: 60),
        ]
    }

    // MARK: - Rows

    private func rows(_ functions: [FunctionChange]) -> [String] {
        let rows = [Self.heading] + functions.map(Self.cells)
        let widths = (0..<4).map { column in rows.map { TextColumns.onTerminal($0[column]) }.max() ?? 0 }
        return rows.map { row in
            let numbers = zip(row, widths).enumerated().map { column, cell in
                TextColumns.padded(cell.0, to: cell.1, alignedRight: column < 3)
            }
            return (numbers + [row[4]]).joined(separator: FunctionColumns.gap).trimmed
        }
    }

    private static func cells(_ function: FunctionChange) -> [String] {
        let name = FunctionColumns.name(function.name, function.kind)
        return [
            ShareChangeText.share(function.change.before), ShareChangeText.share(function.change.after),
            ShareChangeText.change(function.change),
            function.verdict.word, name + function.verdict.place(function.change),
        ]
    }

    // MARK: - What is below

    private func rest(_ count: Int) -> [String] {
        count > 0 ? ["and \(NumberText.count(count, "more function"))"] : []
    }

    private var chance: String {
        let functions = NumberText.count(explained.count, different.isEmpty ? "function" : "other function")
        guard !different.isEmpty else {
            return "No function differs by more than chance explains; \(functions) compared\(likeliest)"
        }
        return explained.isEmpty ? "" : "\(functions)\(explainedShare): no more than chance\(likeliest)"
    }

    /// What the functions account for that chance explains; nothing of total shares, which can't be added up.
    private var explainedShare: String {
        guard comparison.measure == .own else { return "" }
        let before = ShareChangeText.share(explained.reduce(0) { $0 + $1.change.before })
        let after = ShareChangeText.share(explained.reduce(0) { $0 + $1.change.after })
        return " (\(before) → \(after))"
    }

    /// The function that is most likely to differ of those that needn't.
    private var likeliest: String {
        guard let first = explained.first else { return "" }
        let name = TextColumns.clipped(PrintableText.escaped(first.name), to: 40)
        return ", such as \(ShareChangeText.change(first.change)) of \(name)"
    }

    private var scale: [String] { comparison.scale == 1 ? [] : [Self.scale(of: comparison)] }

    /// By what factor the shares of what didn't change differ.
    static func scale(of comparison: ProfileComparison) -> String {
        let factor = NumberText.decimal(comparison.scale, digits: 2)
        return
            "Shares of unchanged functions after are \(factor) times those before, because the shares of all functions "
            + "add up to 100 %."
    }
}

/// What is written of a change of a share.
enum ShareChangeText {
    /// A share in per cent.
    static func share(_ share: Double) -> String { NumberText.decimal(share * 100, digits: 2) + "%" }

    /// How likely chance makes a change: `0.012`, or `<0.0001`.
    static func probability(_ probability: Double) -> String {
        probability < 0.0001 ? "<0.0001" : NumberText.decimal(probability, digits: probability < 0.01 ? 4 : 3)
    }

    /// The change in percentage points, with half the width of its 95 % interval: `+2.02 ±0.61`.
    static func change(_ change: ShareChange) -> String {
        let points = NumberText.decimal(change.difference * 100, digits: 2)
        return "\(points.hasPrefix("-") ? "" : "+")\(points) ±\(NumberText.decimal(change.margin * 100, digits: 2))"
    }
}

extension ChangeVerdict {
    /// What a node's colour would be.
    var colour: NodeChange.Verdict {
        switch self {
        case .chance: .chance
        case .grew, .new: .grew
        case .shrank, .gone: .shrank
        case .moved: .moved
        }
    }

    /// As it is named in tables and JSON.
    package var word: String {
        switch self {
        case .chance: "chance"
        case .grew: "grew"
        case .shrank: "shrank"
        case .new: "new"
        case .gone: "gone"
        case .moved: "moved"
        }
    }

    /// Where a function moved, as what follows its name.
    func place(_ change: ShareChange) -> String {
        guard case .moved(let movement) = self else { return "" }
        let direction = change.scaledDifference > 0 ? "from" : "to"
        let caller = PrintableText.escaped(movement.caller)
        return switch movement.counterpart {
        case .function(let name): " (\(direction) \(PrintableText.escaped(name)), below \(caller))"
        case .callersOwnCode: " (\(direction) the own code of \(caller))"
        }
    }
}

extension String {
    /// Without blanks at its end.
    fileprivate var trimmed: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
