import ProfileModel
import Profiles
import SystemSupport

/// What a page says of the recording in full: what was recorded, and everything that is missing or uncertain in it.
struct PageFacts {
    /// A term and its description.
    struct Fact: Equatable {
        let term: String
        let description: String
    }

    /// Plain text.
    let facts: [Fact]

    init(_ profile: Profile, untimed: UInt64) {
        let metadata = profile.metadata
        let unknown = "not in the file that the profile was read from"
        let processes = metadata.processes.map(\.description).joined(separator: ", ")
        facts =
            [
                Fact(term: "Command", description: metadata.command.isEmpty ? unknown : metadata.command),
                Fact(term: "Processes", description: processes.isEmpty ? unknown : processes),
                Fact(term: "Values", description: Self.values(profile)),
                Fact(term: "Rate", description: metadata.rateHertz.map { "\($0) per second" } ?? unknown),
                Fact(term: "Start", description: metadata.startNanoseconds.map(Self.time) ?? unknown),
                Fact(
                    term: "Duration",
                    description: metadata.durationNanoseconds.map(NumberText.duration(nanoseconds:)) ?? unknown),
            ] + (metadata.counts.map(Self.facts) ?? []) + Self.times(profile, untimed: untimed)
    }

    /// What the recording counted, and what of it is about more than the profile.
    private static func facts(_ counts: SampleCounts) -> [Fact] {
        let recorded = counts.recordedSamples.map { " of \(NumberText.grouped($0)) in the whole recording" } ?? ""
        let whole = counts.recordedSamples == nil ? "" : " (in the whole recording)"
        return [
            Fact(term: "Samples", description: NumberText.grouped(counts.samples) + recorded),
            Fact(
                term: "Truncated stacks",
                description: Self.list(counts.truncated, counts.truncatedSamples, of: counts.samples)),
            Fact(term: "Lost samples", description: Self.list(counts.lost, counts.lostSamples) + whole),
            Fact(term: "Late ticks", description: NumberText.grouped(counts.lateTicks) + whole),
            Fact(term: "Missed ticks", description: NumberText.grouped(counts.missedTicks) + whole),
            Fact(term: "Frames without a symbol", description: Self.unnamed(counts)),
        ]
    }

    private static func values(_ profile: Profile) -> String {
        let others = profile.sampleTypes.filter { $0 != profile.shownSampleType }.map(\.name)
        let shown = "\(profile.shownSampleType.name) (\(profile.shownSampleType.unit.name))"
        return others.isEmpty ? shown : "\(shown); not shown: \(others.joined(separator: ", "))"
    }

    private static func time(_ nanoseconds: UInt64) -> String { UTCTimestamp(nanosecondsSince1970: nanoseconds).title }

    private static func times(_ profile: Profile, untimed: UInt64) -> [Fact] {
        guard untimed > 0, let total = profile.total(of: profile.shownSampleType) else { return [] }
        let share = DecimalText.percent(untimed, of: UInt64(clamping: total))
        return [Fact(term: "Without a time", description: "\(share)% of the \(profile.shownSampleType.unit.whole)")]
    }

    private static func unnamed(_ counts: SampleCounts) -> String {
        guard counts.unnamedFrames > 0 else { return "0" }
        let objects = sorted(counts.unnamedFramesByObject).map { "\($0.key): \(NumberText.grouped($0.value))" }
        let total = NumberText.grouped(counts.unnamedFrames)
        return objects.isEmpty ? total : "\(total), of these in \(objects.joined(separator: ", "))"
    }

    /// The sum, and the count of each reason.
    private static func list(_ counts: [String: UInt64], _ sum: UInt64, of whole: UInt64? = nil) -> String {
        guard sum > 0 else { return "0" }
        let share = whole.map { " (\(DecimalText.percent(sum, of: $0))%)" } ?? ""
        let reasons = sorted(counts).map { "\($0.key): \(NumberText.grouped($0.value))" }
        return "\(NumberText.grouped(sum))\(share): \(reasons.joined(separator: ", "))"
    }

    private static func sorted(_ counts: [String: UInt64]) -> [(key: String, value: UInt64)] {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    }
}
