import ProfileModel
import Profiles
import Recording
import Sampling
import SystemSupport

/// What is wrong with a recording, each with its remedy.
extension RecordingSummary {
    /// Shares of the samples, or of the ticks, 0 to 1, from which on something is wrong.
    private static let leastShare = (truncated: 0.05, uninterpreted: 0.05, lost: 0.01, missedTicks: 0.05)

    /// The gravest first; a remedy may take further lines.
    var warnings: [String] {
        let ofSampling = [
            coverageWarning, kernelWarning, truncationWarning,
            interpreted.warning(fromShare: Self.leastShare.uninterpreted),
        ].compactMap { $0 }
        let ofSonde = [
            throttlingWarning, tickWarning, filesText.map { "open files: \($0)" }, workerText.map { "worker: \($0)" },
        ].compactMap { $0 }
        return ofSampling + naming.warnings + lossWarnings + ofSonde
    }

    /// Too few samples, or too many.
    private var coverageWarning: String? {
        guard let deviation = ledger.coverageDeviation else { return nil }
        switch (deviation, recording.sampler.sampler) {
        case (.poor, .ptrace):
            return "samples cover \(coveredShare) of the CPU time: ptrace stops miss threads that sleep and wake "
                + "often; use --sampler perf"
        case (.excessive, .ptrace):
            return "samples stand for \(coveredShare) of the CPU time: threads that wake each other were seen running "
                + "one after the other at one tick; use --sampler perf"
        case (.poor, .perf) where !recording.sampler.omitsKernel:
            return "samples cover \(coveredShare) of the CPU time: \(coverageCause); increase --rate"
        case (_, .perf): return nil
        }
    }

    private var kernelWarning: String? {
        guard recording.sampler.omitsKernel else { return nil }
        return "without kernel time and kernel stacks, which are not permitted: run Sonde with sudo or CAP_PERFMON, or "
            + "sysctl kernel.perf_event_paranoid=1"
    }

    private var truncationWarning: String? {
        guard truncatedShare > Self.leastShare.truncated else { return nil }
        let mayInterrupt = recording.options.mode == .wall && !recording.options.interruptsSleeping
        let reasons = counts.truncated.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { label, count in
            let text = TruncationText(label: label, sampler: recording.sampler.sampler, mayInterrupt: mayInterrupt)
            let share = NumberText.percent(Double(count) / Double(counts.samples))
            return "\(share) \(text.meaning) (\(label))" + (text.remedy.map { ": \($0)" } ?? "")
        }
        let head = "\(NumberText.percent(truncatedShare)) of the stacks are truncated"
        return ([head] + reasons).joined(separator: "\n  ")
    }

    private var lossWarnings: [String] {
        let least = Double(counts.samples + ledger.losses.total) * Self.leastShare.lost
        return LossText(ledger.losses).warnings(fromCount: UInt64(max(1, least)))
    }

    var throttlingWarning: String? {
        guard events[.throttling] > 0 else { return nil }
        return "the kernel throttled sampling \(NumberText.count(events[.throttling], "time")): lower --rate"
    }

    private var tickWarning: String? {
        let (missed, all) = (events[.missedTick], events[.tick] + events[.missedTick])
        guard Double(missed) > Double(all) * Self.leastShare.missedTicks else { return nil }
        return "\(NumberText.grouped(missed)) of \(NumberText.count(all, "tick")) came too late to be sampled: lower "
            + "--rate, or record while the CPUs are less busy"
    }
}
