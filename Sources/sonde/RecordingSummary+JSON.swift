import FoundationEssentials
import ProfileModel
import Profiles
import Recording
import Sampling
import WorkerControl

extension RecordingSummary {
    /// The summary for programs; times in nanoseconds.
    private struct Figures: Encodable {
        let output: String?
        let mode: String
        let rate: Int
        let sampler: String
        let samplerReason: String
        let omitsKernel: Bool
        let elapsedNanoseconds: UInt64
        let samples: UInt64
        let samplesStopped: Int
        let samplesInterrupted: Int
        let samplesSleeping: Int
        let samplesCopied: Int
        let samplesGoingToSleep: Int
        let blockedNanoseconds: UInt64
        let preemptedNanoseconds: UInt64
        let unsampledNanoseconds: UInt64
        let cpuNanoseconds: UInt64
        let coveredCpuNanoseconds: UInt64
        let coverageErrorNanoseconds: UInt64
        let throttled: Int
        let waitingForCpu: Int
        let unsampledCpuNanoseconds: UInt64
        let threads: Int
        let distinctStacks: Int
        let truncated: [String: UInt64]
        let framesWithoutSymbol: UInt64
        let ticks: Int
        let ticksLate: Int
        let ticksMissed: Int
        let lost: [String: Int]
        let workerRestarts: [String: Int]
        let namesNotFound: [String: Int]
        let filesNotRead: [String: Int]
        let budgetExhausted: Int
        let stopDurationMedianNanoseconds: UInt64?
        let stopDurationP99Nanoseconds: UInt64?
        let stopDurationTotalNanoseconds: UInt64
        let stoppedShare: Double
        let ownCpuNanoseconds: UInt64
    }

    private static func named(_ counts: [WorkerFailure: Int]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) })
    }

    /// - Parameter path: where the result was written; `nil` for standard output.
    func json(path: String?) -> String {
        let statistics = recording.statistics
        let counts = recording.profile.metadata.counts
        let losses = statistics.losses.map { ($0.key.rawValue, $0.value) }
        let figures = Figures(
            output: path, mode: recording.options.mode.rawValue, rate: recording.options.rate,
            sampler: recording.sampler.sampler.rawValue, samplerReason: sampler.label,
            omitsKernel: recording.sampler.omitsKernel, elapsedNanoseconds: statistics.elapsed,
            samples: counts.samples, samplesStopped: statistics.stoppedSamples,
            samplesInterrupted: statistics.interruptedSamples,
            samplesSleeping: statistics.sleepingSamples + statistics.repeatedSamples,
            samplesCopied: statistics.copiedSamples, samplesGoingToSleep: statistics.departedSamples,
            blockedNanoseconds: statistics.blockedNanoseconds,
            preemptedNanoseconds: statistics.preemptedNanoseconds,
            unsampledNanoseconds: statistics.unseenNanoseconds, cpuNanoseconds: statistics.processorNanoseconds,
            coveredCpuNanoseconds: statistics.coveredNanoseconds,
            coverageErrorNanoseconds: UInt64(statistics.coverageError), throttled: statistics.throttled,
            waitingForCpu: statistics.waitingForCPU,
            unsampledCpuNanoseconds: statistics.unwatchedNanoseconds, threads: statistics.threads,
            distinctStacks: recording.distinctStacks, truncated: counts.truncated,
            framesWithoutSymbol: counts.unnamedFrames, ticks: statistics.ticks,
            ticksLate: statistics.lateTicks, ticksMissed: statistics.missedTicks,
            lost: Dictionary(uniqueKeysWithValues: losses),
            workerRestarts: Self.named(recording.workerLosses.restarts),
            namesNotFound: Self.named(recording.workerLosses.names),
            filesNotRead: Self.named(recording.workerLosses.objects),
            budgetExhausted: recording.workerLosses.budgetExhausted,
            stopDurationMedianNanoseconds: statistics.stopDurations.percentile(0.5),
            stopDurationP99Nanoseconds: statistics.stopDurations.percentile(0.99),
            stopDurationTotalNanoseconds: statistics.stopDurations.totalNanoseconds,
            stoppedShare: statistics.stoppedShare, ownCpuNanoseconds: recording.ownNanoseconds)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // Encoding fails only for numbers that are not finite; these are sums and quotients by positive numbers.
        return ((try? encoder.encode(figures)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
    }
}
