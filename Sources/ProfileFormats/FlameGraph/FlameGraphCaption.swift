import ProfileModel
import Profiles

/// The title and the subtitle of a flame graph, as plain text.
struct FlameGraphCaption {
    let title: String
    let subtitle: String
    private let isTime: Bool

    init(_ profile: Profile, title: String?) {
        let metadata = profile.metadata
        self.title = PrintableText.escapingUnprintable(in: title ?? Self.title(metadata))
        isTime = metadata.mode == .offCPU
        subtitle = Self.facts(profile.totalWeight, metadata).joined(separator: " · ")
    }

    private static func title(_ metadata: ProfileMetadata) -> String {
        let commands = metadata.commands.isEmpty ? "Profile" : listed(metadata.commands)
        return metadata.processes.isEmpty ? commands : "\(commands) (\(processes(metadata.processes)))"
    }

    private static func processes(_ processes: [ProcessID]) -> String {
        (processes.count == 1 ? "PID " : "PIDs ") + listed(processes.map(\.description))
    }

    private static func listed(_ items: [String]) -> String {
        let shown = items.prefix(3).joined(separator: ", ")
        return items.count > 3 ? "\(shown) and \(items.count - 3) more" : shown
    }

    private static func facts(_ samples: UInt64, _ metadata: ProfileMetadata) -> [String] {
        let counts = metadata.counts
        let facts: [String?] = [
            mode(metadata.mode),
            metadata.rateHertz.map { "\($0) Hz" },
            metadata.mode == .offCPU
                ? DecimalText.duration(nanoseconds: samples.multipliedSaturated(by: 1000)) + " off CPU" : nil,
            counted(metadata.mode == .offCPU ? counts.samples : samples, "sample"),
            DecimalText.duration(nanoseconds: metadata.durationNanoseconds),
            UTCTime(nanosecondsSince1970: metadata.startNanoseconds).description,
            "\(DecimalText.percent(counts.truncatedSamples, of: counts.samples))% truncated",
            counts.dropped == 0 ? nil : counted(counts.dropped, "sample") + " dropped",
            counts.lateTicks == 0 ? nil : counted(counts.lateTicks, "late tick"),
            counts.missedTicks == 0 ? nil : counted(counts.missedTicks, "missed tick"),
            counts.unknownSymbols == 0 ? nil : counted(counts.unknownSymbols, "frame") + " without a symbol",
        ]
        return facts.compactMap { $0 }
    }

    private static func mode(_ mode: SamplingMode?) -> String {
        switch mode {
        case .cpu: "CPU time"
        case .wall: "wall-clock time"
        case .offCPU: "time off CPU"
        case nil: "CPU and wall-clock time"
        }
    }

    /// What all frames weigh together, in a word.
    var whole: String { isTime ? "time" : "samples" }

    /// What a frame weighs, as in `1,234 samples` and `1,234 µs`.
    func weight(_ weight: UInt64) -> String {
        isTime ? "\(DecimalText.grouped(weight)) µs" : Self.counted(weight, "sample")
    }

    /// A number and its noun, as in `1 sample` and `1,234 samples`.
    static func counted(_ count: UInt64, _ noun: String) -> String {
        "\(DecimalText.grouped(count)) \(noun)\(count == 1 ? "" : "s")"
    }
}

extension UInt64 {
    fileprivate func multipliedSaturated(by factor: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
