import ProfileModel
import Profiles
import Recording
import Sampling
import SystemSupport
import WorkerControl

extension RecordingSummary {
    /// The summary for programs.
    private struct Figures: Encodable {
        let processes: [DescribedProcess]
        @Nullable var output: String?
        let mode: String
        let rateHertz: Int
        let sampler: String
        let samplerReason: String
        let omitsKernel: Bool
        let elapsedNanoseconds: UInt64
        let samples: UInt64
        let samplesStopped: UInt64
        let samplesInterrupted: UInt64
        let samplesSleeping: UInt64
        let samplesRepresented: UInt64
        let samplesCopied: UInt64
        let samplesGoingToSleep: UInt64
        let blockedNanoseconds: UInt64
        let preemptedNanoseconds: UInt64
        let unsampledNanoseconds: UInt64
        let cpuNanoseconds: UInt64
        let coveredCpuNanoseconds: UInt64
        let coverageErrorNanoseconds: UInt64
        let throttled: UInt64
        let waitingForCpu: UInt64
        let unsampledCpuNanoseconds: UInt64
        let threads: UInt64
        let threadsWithoutKeptFiles: UInt64
        let distinctStacks: Int
        let truncated: [String: UInt64]
        let framesWithoutSymbol: UInt64
        let ticks: UInt64
        let ticksLate: UInt64
        let ticksMissed: UInt64
        let lost: [String: UInt64]
        let samplesInterpreted: UInt64
        let interpretedUnknown: [String: UInt64]
        let gil: [String: UInt64]
        let workerRestarts: [String: Int]
        let namesNotFound: [String: Int]
        let filesNotRead: [String: Int]
        let linesNotRead: [String: Int]
        let budgetExhausted: Int
        let perfMapLinesDamaged: Int
        @Nullable var stopDurationMedianNanoseconds: UInt64?
        @Nullable var stopDurationP99Nanoseconds: UInt64?
        let stopDurationTotalNanoseconds: UInt64
        let stoppedShare: Double
        let ownCpuNanoseconds: UInt64
        /// The hottest, by self time.
        let functions: [HottestFunction]
    }

    private static func named(_ counts: [WorkerFailure: Int]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) })
    }

    /// - Parameters:
    ///   - path: where the result was written; `nil` for standard output.
    ///   - processes: those that were asked for, as they were at the beginning.
    func json(path: String?, processes: [DescribedProcess]) throws(CommandFailure) -> String {
        let ledger = recording.ledger
        let (taken, times, events) = (ledger.taken, ledger.times, ledger.events)
        let losses = ledger.losses.counts.map { ($0.key.rawValue, $0.value) }
        let figures = Figures(
            processes: processes, output: Nullable(wrappedValue: path), mode: recording.options.mode.rawValue,
            rateHertz: recording.options.rate,
            sampler: recording.sampler.sampler.rawValue, samplerReason: sampler.label,
            omitsKernel: recording.sampler.omitsKernel, elapsedNanoseconds: times[.elapsed],
            samples: counts.samples, samplesStopped: taken[.stopped] + taken[.interrupted],
            samplesInterrupted: taken[.interrupted],
            samplesSleeping: taken[.sleeping] + taken[.repeated] + taken[.represented],
            samplesRepresented: taken[.represented],
            samplesCopied: taken[.copied], samplesGoingToSleep: taken[.departed],
            blockedNanoseconds: times[.blocked],
            preemptedNanoseconds: times[.preempted],
            unsampledNanoseconds: times[.unseen], cpuNanoseconds: times[.processor],
            coveredCpuNanoseconds: times[.covered],
            coverageErrorNanoseconds: UInt64(ledger.coverageError), throttled: events[.throttling],
            waitingForCpu: events[.waitForCPU],
            unsampledCpuNanoseconds: times[.unwatched], threads: events[.thread],
            threadsWithoutKeptFiles: events[.threadWithoutKeptFiles],
            distinctStacks: recording.distinctStacks, truncated: counts.truncated,
            framesWithoutSymbol: counts.unnamedFrames, ticks: events[.tick],
            ticksLate: events[.lateTick], ticksMissed: events[.missedTick],
            lost: Dictionary(uniqueKeysWithValues: losses),
            samplesInterpreted: interpreted.samples,
            interpretedUnknown: Dictionary(
                uniqueKeysWithValues: interpreted.unknown.map { ($0.key.rawValue, $0.value) }),
            gil: Dictionary(uniqueKeysWithValues: ledger.locks.counts.map { ("\($0.key)", $0.value) }),
            workerRestarts: Self.named(recording.workerLosses.restarts),
            namesNotFound: Self.named(recording.workerLosses.names),
            filesNotRead: Self.named(recording.workerLosses.objects),
            linesNotRead: Self.named(recording.workerLosses.debugInformation),
            budgetExhausted: recording.workerLosses.budgetExhausted,
            perfMapLinesDamaged: recording.workerLosses.damagedPerfMapLines,
            stopDurationMedianNanoseconds: Nullable(wrappedValue: ledger.stopDurations.percentile(0.5)),
            stopDurationP99Nanoseconds: Nullable(wrappedValue: ledger.stopDurations.percentile(0.99)),
            stopDurationTotalNanoseconds: ledger.stopDurations.totalNanoseconds,
            stoppedShare: ledger.stoppedShare, ownCpuNanoseconds: recording.ownNanoseconds,
            functions: HottestFunction.functions(of: shownProfile, rate: recording.options.rate))
        let start = recording.profile.metadata.startNanoseconds.map(UTCTimestamp.init(nanosecondsSince1970:))
        return try JSONText.of(
            JSONDocument(.record, about: processes.count == 1 ? processes[0] : nil, start: start, figures))
    }
}
