import FoundationEssentials
import ProfileModel
import Profiles
import Sampling

extension RecordingSummary {
    /// The summary for programs; times in nanoseconds.
    private struct Figures: Encodable {
        let output: String?
        let mode: String?
        let rate: Int?
        let sampler: String
        let samplerReason: String
        let omitsKernel: Bool
        let elapsedNanoseconds: UInt64
        let samples: UInt64
        let samplesStopped: Int
        let samplesInterrupted: Int
        let samplesAsleep: Int
        let samplesCopied: Int
        let samplesDeparted: Int
        let blockedNanoseconds: UInt64
        let preemptedNanoseconds: UInt64
        let unseenNanoseconds: UInt64
        let processorNanoseconds: UInt64
        let coveredNanoseconds: UInt64
        let coverageErrorNanoseconds: UInt64
        let throttled: Int
        let waitingForCpu: Int
        let unwatchedCpuNanoseconds: UInt64
        let threads: Int
        let distinctStacks: Int
        let truncated: [String: UInt64]
        let framesWithoutName: UInt64
        let ticks: Int
        let ticksLate: Int
        let ticksMissed: Int
        let lost: [String: Int]
        let heldMedianNanoseconds: UInt64?
        let heldP99Nanoseconds: UInt64?
        let heldTotalNanoseconds: UInt64
        let heldShare: Double
        let ownCpuNanoseconds: UInt64
    }

    /// - Parameter path: where the result was written; `nil` for standard output.
    func json(path: String?) -> String {
        let statistics = recording.statistics
        let metadata = recording.profile.metadata
        let losses = statistics.losses.map { ($0.key.rawValue, $0.value) }
        let figures = Figures(
            output: path, mode: metadata.mode?.rawValue, rate: metadata.rateHertz,
            sampler: recording.sampler.report.sampler.rawValue, samplerReason: recording.sampler.label,
            omitsKernel: recording.sampler.report.omitsKernel, elapsedNanoseconds: statistics.elapsed,
            samples: metadata.counts.samples, samplesStopped: statistics.stoppedSamples,
            samplesInterrupted: statistics.interruptedSamples,
            samplesAsleep: statistics.sleepingSamples + statistics.repeatedSamples,
            samplesCopied: statistics.copiedSamples, samplesDeparted: statistics.departedSamples,
            blockedNanoseconds: statistics.blockedNanoseconds,
            preemptedNanoseconds: statistics.preemptedNanoseconds,
            unseenNanoseconds: statistics.unseenNanoseconds, processorNanoseconds: statistics.processorNanoseconds,
            coveredNanoseconds: statistics.coveredNanoseconds,
            coverageErrorNanoseconds: UInt64(statistics.coverageError), throttled: statistics.throttled,
            waitingForCpu: statistics.waitingForCPU,
            unwatchedCpuNanoseconds: statistics.unwatchedNanoseconds, threads: statistics.threads,
            distinctStacks: recording.distinctStacks, truncated: metadata.counts.truncated,
            framesWithoutName: metadata.counts.unknownSymbols, ticks: statistics.ticks,
            ticksLate: statistics.lateTicks, ticksMissed: statistics.missedTicks,
            lost: Dictionary(uniqueKeysWithValues: losses), heldMedianNanoseconds: statistics.held.percentile(0.5),
            heldP99Nanoseconds: statistics.held.percentile(0.99),
            heldTotalNanoseconds: statistics.held.totalNanoseconds,
            heldShare: statistics.heldShare, ownCpuNanoseconds: recording.ownNanoseconds)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Encoding fails only for numbers that are not finite; these are sums and quotients by positive numbers.
        return ((try? encoder.encode(figures)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
    }
}
