internal import ProfileModel
internal import Statistics
internal import SystemSupport

/// Why what two profiles show may differ for another reason than the program.
package enum ComparisonWarning: Hashable, Sendable {
    /// Samples aren't independent where a program works in phases, which can't be seen.
    case noTimes(ComparedSide?)
    /// A recording has few of the phases in which the program works.
    case longPhases
    /// A difference has to be large to be seen.
    case fewSamples(ComparedSide, UInt64)
    /// Ticks per second.
    case differentRates(Int, Int)
    /// The kinds of time that were sampled.
    case differentModes(String, String)
    case differentCommands(String, String)
    /// The shares of samples that have no root.
    case differentTruncation(Double, Double)

    /// Of fewer samples, warn.
    private static let fewSamples = 1_000.0
    /// Shares of truncated samples that differ by more change the shares of callers.
    private static let truncationDifference = 0.02

    static func all(_ before: Profile, _ after: Profile, _ comparison: ShareComparison) -> [ComparisonWarning] {
        let warnings = [
            recordings(before.metadata, after.metadata), [truncation(truncatedShare(before), truncatedShare(after))],
            mode(before, after), times(before, after, comparison),
            [fewSamples(.before, comparison.before), fewSamples(.after, comparison.after)],
        ]
        return warnings.joined().compactMap { $0 }
    }

    private static func recordings(_ before: ProfileMetadata, _ after: ProfileMetadata) -> [ComparisonWarning?] {
        return [
            before.command == after.command || before.command.isEmpty || after.command.isEmpty
                ? nil : .differentCommands(before.command, after.command),
            before.rateHertz.flatMap { first in
                after.rateHertz.flatMap { first == $0 ? nil : .differentRates(first, $0) }
            },
        ]
    }

    private static func mode(_ before: Profile, _ after: Profile) -> [ComparisonWarning?] {
        let times: [SampleType] = [.cpu, .wall, .offCPU]
        let modes = [before, after].map { profile in times.first(where: profile.sampleTypes.contains)?.name }
        guard let first = modes[0], let second = modes[1], first != second else { return [] }
        return [.differentModes(first, second)]
    }

    private static func times(
        _ before: Profile, _ after: Profile, _ comparison: ShareComparison
    ) -> [ComparisonWarning?] {
        guard !comparison.hasTimes else { return [comparison.hasLongPhases ? .longPhases : nil] }
        let missing = [before, after].map { $0.samples.contains(where: \.runs.isEmpty) }
        return [.noTimes(missing[0] == missing[1] ? nil : missing[0] ? .before : .after)]
    }

    private static func fewSamples(_ side: ComparedSide, _ whole: RecordedWhole) -> ComparisonWarning? {
        whole.events < fewSamples ? .fewSamples(side, UInt64(whole.events)) : nil
    }

    private static func truncation(_ before: Double, _ after: Double) -> ComparisonWarning? {
        abs(before - after) > truncationDifference ? .differentTruncation(before, after) : nil
    }

    /// Of what the profile shows.
    private static func truncatedShare(_ profile: Profile) -> Double {
        var (truncated, all) = (0.0, 0.0)
        for sample in profile.samples {
            let value = Double(max(0, profile.shownValue(of: sample)))
            all += value
            if sample.truncation != nil { truncated += value }
        }
        return all > 0 ? truncated / all : 0
    }
}

extension ComparisonWarning: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noTimes(nil):
            "neither profile says when its samples were taken, so phases of the program can't be distinguished from differences; "
                + "record with -f json or perf to keep the times"
        case .noTimes(let side?):
            "the profile \(side.rawValue) doesn't say when its samples were taken, so phases of the program can't be distinguished from "
                + "differences; record with -f json or perf to keep the times"
        case .longPhases:
            "the program works in phases of about a tenth of the recordings or longer: differences may be phases; record "
                + "longer"
        case .fewSamples(let side, let count):
            "only \(NumberText.count(count, "sample")) \(side.rawValue): only large differences can be found; record longer"
        case .differentRates(let before, let after):
            "the rates differ: \(before) Hz before, \(after) Hz after; shares are compared"
        case .differentModes(let before, let after):
            "the modes differ: \(before) time before, \(after) time after; record both in the same mode"
        case .differentCommands(let before, let after):
            "the commands differ: \(printable(before, limit: 60)) before, \(printable(after, limit: 60)) after"
        case .differentTruncation(let before, let after):
            "\(NumberText.percent(before)) of the stacks before and \(NumberText.percent(after)) of those after have no "
                + "root: totals of callers differ by it"
        }
    }
}
