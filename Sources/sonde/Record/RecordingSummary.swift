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
    let naming: NamingAdvice
    /// What the hottest functions are those of.
    let shownProfile: Profile

    /// - Parameters:
    ///   - shown: What the result shows of the recording.
    ///   - sharesFiles: Whether the targets' files are the host's.
    init(recording: Recording, title: String, shown: Profile, procfs: ProcFS, sharesFiles: Bool) {
        self.recording = recording
        self.title = title
        shownProfile = shown
        naming = NamingAdvice(recording.profile, sharesFiles: sharesFiles)
        sampler = SamplerText(report: recording.sampler, stopBudget: recording.options.stopBudget, procfs: procfs)
    }

    var ledger: SampleLedger { recording.ledger }
    var interpreted: InterpretedText { InterpretedText(ledger) }
    var taken: Tally<SampleLedger.Sample> { ledger.taken }
    var times: Tally<SampleLedger.Time> { ledger.times }
    var events: Tally<SampleLedger.Event> { ledger.events }
    var counts: SampleCounts { recording.profile.metadata.counts ?? SampleCounts() }

    /// All figures, a row each: a label, and the text behind it.
    var rows: [(label: String, text: String)] {
        let rows: [(String, String?)] = [
            ("samples", samplesText), ("CPU time", coverageText), ("off CPU", offCPUText),
            ("truncated", truncatedText), ("symbols", symbolsText), ("Python", interpreted.figures),
            ("GIL", interpreted.lock), ("ticks", ticksText),
            ("lost", lossText), ("files", filesText), ("worker", workerText), ("sampler", sampler.text),
            ("stopped", stopText), ("sonde", costText),
        ]
        return rows.compactMap { label, text in text.map { (label, $0) } }
    }

    private var samplesText: String {
        var parts: [String] = []
        if taken[.stopped] > 0 { parts.append("\(NumberText.grouped(taken[.stopped])) running") }
        if taken[.copied] > 0 {
            parts.append("\(NumberText.grouped(taken[.copied])) \(copiedText)")
        }
        if taken[.departed] > 0 {
            parts.append("\(NumberText.grouped(taken[.departed])) going to sleep, not stopped")
        }
        let asleep = taken[.sleeping] + taken[.repeated] + taken[.represented]
        if asleep > 0 { parts.append("\(NumberText.grouped(asleep)) sleeping, not stopped\(representedText)") }
        if taken[.interrupted] > 0 {
            parts.append("\(NumberText.grouped(taken[.interrupted])) sleeping, stopped once")
        }
        if events[.waitForCPU] > 0 {
            parts.append("\(NumberText.grouped(events[.waitForCPU])) runnable, waiting for a CPU, not sampled")
        }
        if let unsampled = unsampledText { parts.append(unsampled) }
        let detail = parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
        return "\(NumberText.grouped(counts.samples))\(detail) of \(NumberText.count(events[.thread], "thread")), "
            + NumberText.count(recording.distinctStacks, "distinct stack")
    }

    private var representedText: String {
        taken[.represented] == 0
            ? ""
            : ", of which \(NumberText.grouped(taken[.represented])) are taken to be as at the thread's next poll: the host's "
                + "CPUs are all busy"
    }

    private var copiedText: String {
        recording.options.mode == .offCPU ? "leaving a CPU" : "running, not stopped"
    }

    /// The CPU time, when samples stand for less or more of it than chance explains.
    private var coverageText: String? {
        let all = NumberText.duration(nanoseconds: times[.processor])
        let covered = NumberText.duration(nanoseconds: times[.covered])
        return switch ledger.coverageDeviation {
        case .poor: "\(all), of which samples cover \(covered): \(coverageCause)"
        case .excessive: "\(all), for which samples of \(covered) were taken"
        case nil: nil
        }
    }

    /// An event on a thread takes its first sample after a whole period; a stop comes some microseconds after it was due.
    var coverageCause: String {
        recording.sampler.sampler == .perf && events[.tick] == 0
            ? "threads were short-lived, or in the kernel" : "threads ran only briefly, or stops came late"
    }

    /// How long threads were off their CPUs.
    var offCPUText: String? {
        guard recording.options.mode == .offCPU else { return nil }
        let unsampled = NumberText.duration(nanoseconds: times[.unseen])
        return "\(NumberText.duration(nanoseconds: times[.blocked])) blocked, "
            + "\(NumberText.duration(nanoseconds: times[.preempted])) preempted"
            + (times[.unseen] > 0 ? "; \(unsampled) of it in threads whose stacks were not sampled" : "")
    }

    /// The CPU time of threads that ran too briefly to be polled at each tick; `nil` when below one per cent.
    private var unsampledText: String? {
        let seconds = Double(times[.unwatched]) / 1e9
        guard seconds > 0.01 * Double(taken.total) / Double(recording.options.rate) else { return nil }
        let time = NumberText.duration(nanoseconds: times[.unwatched])
        return "\(time) of CPU time not sampled, in threads that ran only briefly"
    }

    private var truncatedText: String {
        let text = "\(NumberText.grouped(counts.truncatedSamples)) stacks (\(NumberText.percent(truncatedShare)))"
        guard !counts.truncated.isEmpty else { return text }
        return text + ": " + Self.list(counts.truncated)
    }

    private var symbolsText: String {
        let text = "\(NumberText.grouped(counts.unnamedFrames)) frames without a symbol"
        return counts.leastNamedObject.map { "\(text), most in \(printable($0))" } ?? text
    }

    private var ticksText: String? {
        guard events[.tick] > 0 else { return nil }
        return "\(NumberText.grouped(events[.tick])), \(NumberText.grouped(events[.lateTick])) late, "
            + "\(NumberText.grouped(events[.missedTick])) missed"
    }

    private var lossText: String {
        let throttled = throttlingWarning.map { "; " + $0 } ?? ""
        guard !ledger.losses.isEmpty else { return "0 samples\(throttled)" }
        return "\(NumberText.count(ledger.losses.total, "sample")): \(LossText(ledger.losses).list)\(throttled)"
    }

    /// What the limit on open files does to the recording; `nil` while it is high enough.
    var filesText: String? {
        let (unkept, unread) = (events[.threadWithoutKeptFiles], ledger.losses[.tooManyOpenFiles])
        guard unkept > 0 || unread > 0 else { return nil }
        let parts = [
            unkept > 0 ? "those of \(NumberText.count(unkept, "thread")) are opened at each poll" : nil,
            unread > 0 ? "\(NumberText.count(unread, "poll")) could open none" : nil,
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
            + ": Sonde may have only \(DescriptorLimit.text); \(DescriptorLimit.remedy)"
    }

    /// What became of the worker; `nil` while all went well.
    var workerText: String? {
        let losses = recording.workerLosses
        guard !losses.isEmpty else { return nil }
        let parts = [
            ("restarted: ", losses.restarts), ("names not found: ", losses.names), ("files not read: ", losses.objects),
            ("lines not read: ", losses.debugInformation),
        ]
        let texts = parts.filter { !$0.1.isEmpty }.map { label, counts in
            label + Self.list(Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, UInt64($0.value)) }))
        }
        return (texts + [Self.refusalText(losses), Self.damageText(losses)].compactMap(\.self)).joined(separator: "; ")
    }

    private static func refusalText(_ losses: WorkerLosses) -> String? {
        guard losses.budgetExhausted > 0 else { return nil }
        return
            "parsing budget exhausted: \(NumberText.count(losses.budgetExhausted, "part")) of object files not read; "
            + "record fewer processes at once"
    }

    private static func damageText(_ losses: WorkerLosses) -> String? {
        guard losses.damagedPerfMapLines > 0 else { return nil }
        return "\(NumberText.count(losses.damagedPerfMapLines, "line")) of perf maps damaged, the first at byte "
            + "\(losses.firstDamagedOffset): generated code may lack its name"
    }

    private var stopText: String {
        let durations = ledger.stopDurations
        guard let median = durations.percentile(0.5), let high = durations.percentile(0.99) else {
            return "no thread was stopped"
        }
        return "median \(NumberText.duration(nanoseconds: median)), 99th percentile "
            + "\(NumberText.duration(nanoseconds: high)) per sample; \(NumberText.percent(ledger.stoppedShare)) of the time"
    }

    private var costText: String {
        let share = times[.elapsed] == 0 ? 0 : Double(recording.ownNanoseconds) / Double(times[.elapsed])
        let each = taken.total == 0 ? 0 : recording.ownNanoseconds / taken.total
        return "used \(NumberText.percent(share)) of a CPU, \(NumberText.duration(nanoseconds: each)) per sample"
    }

    private static func list(_ reasons: [String: UInt64]) -> String {
        reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\(NumberText.grouped($0.value)) \($0.key)" }.joined(separator: ", ")
    }
}
