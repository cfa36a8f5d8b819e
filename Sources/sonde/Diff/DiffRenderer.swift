import ProfileFormats
import Profiles
import Statistics
import SystemSupport
import WorkerProtocol

/// Compares the profiles in two files, or in two parts of one; runs without privileges.
struct DiffRenderer {
    private let request: DiffRequest

    init(_ request: DiffRequest) { self.request = request }

    /// The bytes of a `DiffResult`.
    func result(of files: [[UInt8]]) throws(ConfinedTask.Refusal) -> [UInt8] {
        let first = try profile(files[0], 0)
        let second = files.count > 1 ? try profile(files[1], 1) : first
        do {
            return try result(of: try part(first, 0), try part(second, 1)).bytes
        } catch {
            throw ConfinedTask.Refusal(message: "\(error)")
        }
    }

    private func profile(_ file: [UInt8], _ index: Int) throws(ConfinedTask.Refusal) -> Profile {
        do {
            return try ProfileReader().profile(reading: file)
        } catch {
            throw ConfinedTask.Refusal(message: "\(request.names[index]): \(error)")
        }
    }

    private func part(_ profile: Profile, _ index: Int) throws(ProfileFilterError) -> Profile {
        var filter = ProfileFilter()
        filter.time = request.ranges[index].map { $0[0]..<$0[1] }
        filter.keepsPythonOnly = request.keepsPythonOnly
        guard filter.time != nil || filter.keepsPythonOnly else { return profile }
        return try filter.apply(to: profile)
    }

    private func result(of first: Profile, _ second: Profile) throws -> DiffResult {
        let comparison = try ProfileComparison(first, second, measure: request.isOfTotals ? .total : .own)
        let warnings = comparison.warnings.map(\.description)
        let table = ComparisonTable(comparison, limit: request.limit, showsChance: request.showsChance)
        let content =
            switch request.format {
            case .text: Array(table.text(columns: request.columns).utf8)
            case .json:
                Array(
                    try JSONText.of(
                        JSONDocument(.diff, about: nil, start: nil, warnings: warnings, DiffReport(comparison))
                    ).utf8)
            case .svg:
                Array(
                    try DifferentialFlameGraph(comparison, widths: widths, orientation: request.orientation).svg.utf8)
            case .html:
                try DifferentialPage(comparison, widths: widths, orientation: request.orientation ?? .flames).bytes
            case .folded:
                Array(DifferentialFoldedStacks(before: first, after: second, grouping: .process).text.utf8)
            }
        return DiffResult(
            content: content, table: request.format.isPicture ? table.text(columns: request.columns) : "",
            warnings: warnings, growth: growth(in: comparison))
    }

    private var widths: ComparedSide { request.widthsOfBefore ? .before : .after }

    private func growth(in comparison: ProfileComparison) -> String? {
        guard let most = request.failsOnGrowth else { return nil }
        let grown = comparison.functions.filter { function in
            [.grew, .new].contains(function.verdict) && function.change.difference * 100 > most
        }
        guard let first = grown.first else { return nil }
        let others = grown.count > 1 ? " and \(NumberText.count(grown.count - 1, "other function"))" : ""
        return "\(printable(first.name))\(others) grew"
    }
}
