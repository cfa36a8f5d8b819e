import ProfileModel
import Profiles
import SystemSupport

/// The title and the subtitle of a flame graph, as plain text.
struct FlameGraphCaption {
    let title: String
    let subtitle: String

    init(title: String, subtitle: String) {
        self.title = title
        self.subtitle = subtitle
    }

    init(_ profile: Profile) {
        self.title = PrintableText.escaped(Self.title(profile.metadata))
        subtitle = Self.facts(profile).joined(separator: " · ")
    }

    /// What was recorded; not yet fit to be shown.
    static func title(_ metadata: ProfileMetadata) -> String {
        let command = metadata.command.isEmpty ? "Profile" : metadata.command
        return metadata.processes.isEmpty ? command : "\(command) (\(processes(metadata.processes)))"
    }

    private static func processes(_ processes: [ProcessID]) -> String {
        (processes.count == 1 ? "PID " : "PIDs ") + listed(processes.map(\.description))
    }

    private static func listed(_ items: [String]) -> String {
        let shown = items.prefix(3).joined(separator: ", ")
        return items.count > 3 ? "\(shown) and \(items.count - 3) more" : shown
    }

    private static func facts(_ profile: Profile) -> [String] {
        let metadata = profile.metadata
        let facts: [String?] = [
            time(profile),
            metadata.rateHertz.map { "\($0) Hz" },
            profile.total(of: .samples).map { NumberText.count($0, "sample") },
            metadata.durationNanoseconds.map(NumberText.duration(nanoseconds:)),
            metadata.startNanoseconds.map { UTCTimestamp(nanosecondsSince1970: $0).title },
        ]
        return facts.compactMap { $0 } + (metadata.counts.map(Self.counts) ?? [])
    }

    private static func counts(_ counts: SampleCounts) -> [String] {
        let truncated = "\(DecimalText.percent(counts.truncatedSamples, of: counts.samples))% truncated"
        let unnamed = counted(counts.unnamedFrames, "frame", " without a symbol").map { [$0] } ?? []
        return [truncated] + losses(counts) + unnamed
    }

    private static func losses(_ counts: SampleCounts) -> [String] {
        let losses = [
            counted(counts.lostSamples, "sample", " lost"),
            counted(counts.lateTicks, "late tick"),
            counted(counts.missedTicks, "missed tick"),
        ].compactMap { $0 }
        guard counts.recordedSamples != nil, !losses.isEmpty else { return losses }
        return [losses.joined(separator: ", ") + " in the whole recording"]
    }

    /// What kind of time was sampled, and how much of it where widths are times.
    private static func time(_ profile: Profile) -> String? {
        let types: [(SampleType, String)] = [
            (.cpu, "CPU time"), (.wall, "wall-clock time"), (.offCPU, "time off CPU"),
        ]
        guard let (type, name) = types.first(where: { profile.sampleTypes.contains($0.0) }) else { return nil }
        guard profile.shownSampleType == type, let total = profile.total(of: type) else { return name }
        return "\(name): \(NumberText.duration(nanoseconds: UInt64(clamping: total)))"
    }

    private static func counted(_ count: UInt64, _ noun: String, _ detail: String = "") -> String? {
        count == 0 ? nil : NumberText.count(count, noun) + detail
    }
}
