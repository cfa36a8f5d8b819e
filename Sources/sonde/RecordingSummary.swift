import Profiles
import Sampling

/// What `record` says at its end: what there is, what was lost, and what it cost the target.
struct RecordingSummary {
    let recording: Recording
    let title: String

    private var statistics: SamplingStatistics { recording.statistics }
    private var counts: SampleCounts { recording.profile.metadata.counts }

    var text: String {
        let rows = [
            ("samples", samplesText), ("truncated", truncatedText), ("symbols", symbolsText), ("ticks", ticksText),
            ("lost", lossText), ("held", heldText), ("sonde", costText),
        ]
        let seconds = NumberText.decimal(Double(statistics.elapsed) / 1e9, digits: 1)
        let head = "Recorded \(title) for \(seconds) s\(endText)."
        return ([Console.styled(head, .bold)] + rows.map { "  \(padded($0)) \($1)" }).joined(separator: "\n")
    }

    private func padded(_ label: String) -> String {
        Console.styled(label + String(repeating: " ", count: max(0, 10 - label.count)), .dim)
    }

    private var endText: String {
        switch recording.end {
        case .durationReached: ""
        case .interrupted: ", until interrupted"
        case .targetsEnded: ", until it ended"
        }
    }

    private var samplesText: String {
        var parts: [String] = []
        if statistics.stoppedSamples > 0 { parts.append("\(NumberText.grouped(statistics.stoppedSamples)) running") }
        let asleep = statistics.sleepingSamples + statistics.repeatedSamples
        if asleep > 0 { parts.append("\(NumberText.grouped(asleep)) asleep, not stopped") }
        if statistics.waitingForCPU > 0 {
            parts.append("\(NumberText.grouped(statistics.waitingForCPU)) more waited for a CPU")
        }
        if let unwatched = unwatchedText { parts.append(unwatched) }
        let detail = parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
        return "\(NumberText.grouped(counts.samples))\(detail) of \(NumberText.count(statistics.threads, "thread")), "
            + NumberText.count(recording.distinctStacks, "distinct stack")
    }

    /// What threads used that ran too little to be looked at each time; `nil` when that is below a hundredth.
    private var unwatchedText: String? {
        guard let rate = recording.profile.metadata.rateHertz else { return nil }
        let missed = Double(statistics.unwatchedNanoseconds) / 1e9
        guard missed > 0.01 * Double(statistics.samples) / Double(rate) else { return nil }
        let time = NumberText.duration(nanoseconds: statistics.unwatchedNanoseconds)
        return "\(time) of CPU time unseen, in threads that ran for moments"
    }

    private var truncatedText: String {
        let share = counts.samples == 0 ? 0 : Double(counts.truncatedSamples) / Double(counts.samples)
        let text = "\(NumberText.grouped(counts.truncatedSamples)) stacks (\(NumberText.percent(share)))"
        guard !counts.truncated.isEmpty else { return text }
        return text + ": " + Self.list(counts.truncated)
    }

    private var symbolsText: String {
        let text = "\(NumberText.grouped(counts.unknownSymbols)) frames without a name"
        guard let object = recording.leastNamedObject else { return text }
        return text + ", most in \(ProcessTitle.printable(object)): its debug symbols would name them"
    }

    private var ticksText: String {
        "\(NumberText.grouped(statistics.ticks)), \(NumberText.grouped(statistics.lateTicks)) late, "
            + "\(NumberText.grouped(statistics.missedTicks)) missed"
    }

    private var lossText: String {
        guard !statistics.losses.isEmpty else { return "0 samples" }
        let reasons = statistics.losses.map { ($0.key.rawValue, UInt64($0.value)) }
        return "\(NumberText.count(statistics.losses.values.reduce(0, +), "sample")): "
            + Self.list(Dictionary(uniqueKeysWithValues: reasons))
    }

    private var heldText: String {
        guard let median = statistics.held.percentile(0.5), let high = statistics.held.percentile(0.99) else {
            return "no thread was stopped"
        }
        return "median \(NumberText.duration(nanoseconds: median)), 99th percentile "
            + "\(NumberText.duration(nanoseconds: high)) a sample; \(NumberText.percent(statistics.heldShare)) of the time"
    }

    private var costText: String {
        let share = statistics.elapsed == 0 ? 0 : Double(recording.ownNanoseconds) / Double(statistics.elapsed)
        let each = statistics.samples == 0 ? 0 : recording.ownNanoseconds / UInt64(statistics.samples)
        return "used \(NumberText.percent(share)) of a CPU, \(NumberText.duration(nanoseconds: each)) a sample"
    }

    private static func list(_ reasons: [String: UInt64]) -> String {
        reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\(NumberText.grouped($0.value)) \($0.key)" }.joined(separator: ", ")
    }
}
