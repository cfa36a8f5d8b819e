import ProcFS
import ProfileModel
import Profiles
import Recording
import Sampling
import SystemSupport
import WorkerControl

/// The summary of a recording: samples, losses, and what sampling cost.
struct RecordingSummary {
    let recording: Recording
    let title: String
    let sampler: SamplerText

    init(recording: Recording, title: String, procfs: ProcFS) {
        self.recording = recording
        self.title = title
        sampler = SamplerText(report: recording.sampler, stopBudget: recording.options.stopBudget, procfs: procfs)
    }

    private var statistics: SamplingStatistics { recording.statistics }
    private var counts: SampleCounts { recording.profile.metadata.counts }

    var text: String {
        let rows: [(String, String?)] = [
            ("samples", samplesText), ("CPU time", coverageText), ("off CPU", offCPUText),
            ("truncated", truncatedText), ("symbols", symbolsText), ("ticks", ticksText),
            ("lost", lossText), ("worker", workerText), ("sampler", sampler.text), ("stopped", stopText),
            ("sonde", costText),
        ]
        let seconds = NumberText.decimal(Double(statistics.elapsed) / 1e9, digits: 1)
        let head = "Recorded \(title) for \(seconds) s\(endText)."
        let lines = rows.compactMap { label, text in text.map { "  \(padded(label)) \($0)" } }
        return ([Console.styled(head, .bold)] + lines).joined(separator: "\n")
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
        let running = statistics.stoppedSamples - statistics.interruptedSamples
        if running > 0 { parts.append("\(NumberText.grouped(running)) running") }
        if statistics.copiedSamples > 0 {
            parts.append("\(NumberText.grouped(statistics.copiedSamples)) \(copiedText)")
        }
        if statistics.departedSamples > 0 {
            parts.append("\(NumberText.grouped(statistics.departedSamples)) going to sleep, not stopped")
        }
        let asleep = statistics.sleepingSamples + statistics.repeatedSamples
        if asleep > 0 { parts.append("\(NumberText.grouped(asleep)) sleeping, not stopped") }
        if statistics.interruptedSamples > 0 {
            parts.append("\(NumberText.grouped(statistics.interruptedSamples)) sleeping, stopped once")
        }
        if statistics.waitingForCPU > 0 {
            parts.append("\(NumberText.grouped(statistics.waitingForCPU)) runnable, waiting for a CPU, not sampled")
        }
        if let unsampled = unsampledText { parts.append(unsampled) }
        let detail = parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
        return "\(NumberText.grouped(counts.samples))\(detail) of \(NumberText.count(statistics.threads, "thread")), "
            + NumberText.count(recording.distinctStacks, "distinct stack")
    }

    private var copiedText: String {
        recording.options.mode == .offCPU ? "leaving a CPU" : "running, not stopped"
    }

    /// The CPU time that samples don't cover, when that is more than chance explains.
    private var coverageText: String? {
        guard statistics.isCoveragePoor else { return nil }
        return "\(NumberText.duration(nanoseconds: statistics.processorNanoseconds)), of which samples cover "
            + "\(NumberText.duration(nanoseconds: statistics.coveredNanoseconds)): " + coverageCause
    }

    /// An event on a thread takes its first sample after a whole period; a stop comes some microseconds after it was due.
    private var coverageCause: String {
        recording.sampler.sampler == .perf && statistics.ticks == 0
            ? "threads were short-lived, or in the kernel" : "threads ran only briefly, or stops came late"
    }

    /// The remedy for poor coverage; `nil` where there is none.
    var warning: String? {
        guard statistics.isCoveragePoor, recording.sampler.sampler == .ptrace else { return nil }
        let share = Double(statistics.coveredNanoseconds) / Double(statistics.processorNanoseconds)
        return
            "samples cover \(NumberText.percent(share)) of the CPU time: ptrace stops miss threads that sleep and wake "
            + "often; use --sampler perf"
    }

    /// How long threads were off their CPUs.
    private var offCPUText: String? {
        guard recording.options.mode == .offCPU else { return nil }
        let unsampled = NumberText.duration(nanoseconds: statistics.unseenNanoseconds)
        return "\(NumberText.duration(nanoseconds: statistics.blockedNanoseconds)) blocked, "
            + "\(NumberText.duration(nanoseconds: statistics.preemptedNanoseconds)) preempted"
            + (statistics.unseenNanoseconds > 0 ? "; \(unsampled) of it in threads whose stacks were not sampled" : "")
    }

    /// The CPU time of threads that ran too briefly to be polled at each tick; `nil` when below one per cent.
    private var unsampledText: String? {
        let seconds = Double(statistics.unwatchedNanoseconds) / 1e9
        guard seconds > 0.01 * Double(statistics.samples) / Double(recording.options.rate) else { return nil }
        let time = NumberText.duration(nanoseconds: statistics.unwatchedNanoseconds)
        return "\(time) of CPU time not sampled, in threads that ran only briefly"
    }

    private var truncatedText: String {
        let share = counts.samples == 0 ? 0 : Double(counts.truncatedSamples) / Double(counts.samples)
        let text = "\(NumberText.grouped(counts.truncatedSamples)) stacks (\(NumberText.percent(share)))"
        guard !counts.truncated.isEmpty else { return text }
        return text + ": " + Self.list(counts.truncated)
    }

    private var symbolsText: String {
        let text = "\(NumberText.grouped(counts.unnamedFrames)) frames without a symbol"
        guard let object = counts.leastNamedObject else { return text }
        return text + ", most in \(printable(object)): install its debug symbols"
    }

    private var ticksText: String? {
        guard statistics.ticks > 0 else { return nil }
        return "\(NumberText.grouped(statistics.ticks)), \(NumberText.grouped(statistics.lateTicks)) late, "
            + "\(NumberText.grouped(statistics.missedTicks)) missed"
    }

    private var lossText: String {
        let throttled =
            statistics.throttled == 0
            ? "" : "; the kernel throttled sampling \(NumberText.count(statistics.throttled, "time")): lower --rate"
        guard !statistics.losses.isEmpty else { return "0 samples\(throttled)" }
        let reasons = statistics.losses.map { ($0.key.rawValue, UInt64($0.value)) }
        return "\(NumberText.count(statistics.losses.values.reduce(0, +), "sample")): "
            + Self.list(Dictionary(uniqueKeysWithValues: reasons)) + throttled + descriptorText
    }

    private var descriptorText: String {
        statistics.losses[.tooManyOpenFiles] == nil
            ? "" : "; raise the limit on open files (ulimit -Hn; systemd: LimitNOFILE)"
    }

    /// What became of the worker; `nil` while all went well.
    private var workerText: String? {
        let losses = recording.workerLosses
        guard !losses.isEmpty else { return nil }
        let parts = [
            ("restarted: ", losses.restarts), ("names not found: ", losses.names), ("files not read: ", losses.objects),
        ]
        let texts = parts.filter { !$0.1.isEmpty }.map { label, counts in
            label + Self.list(Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, UInt64($0.value)) }))
        }
        let refusals =
            losses.budgetExhausted == 0
            ? [] : ["budget exhausted: \(NumberText.count(losses.budgetExhausted, "part")) of object files not read"]
        return (texts + refusals).joined(separator: "; ")
    }

    private var stopText: String {
        let durations = statistics.stopDurations
        guard let median = durations.percentile(0.5), let high = durations.percentile(0.99) else {
            return "no thread was stopped"
        }
        return "median \(NumberText.duration(nanoseconds: median)), 99th percentile "
            + "\(NumberText.duration(nanoseconds: high)) per sample; \(NumberText.percent(statistics.stoppedShare)) of the time"
    }

    private var costText: String {
        let share = statistics.elapsed == 0 ? 0 : Double(recording.ownNanoseconds) / Double(statistics.elapsed)
        let each = statistics.samples == 0 ? 0 : recording.ownNanoseconds / UInt64(statistics.samples)
        return "used \(NumberText.percent(share)) of a CPU, \(NumberText.duration(nanoseconds: each)) per sample"
    }

    private static func list(_ reasons: [String: UInt64]) -> String {
        reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\(NumberText.grouped($0.value)) \($0.key)" }.joined(separator: ", ")
    }
}
