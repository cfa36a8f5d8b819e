internal import ProcFS
internal import SystemSupport

/// What the sampler's thread costs others on a host whose CPUs are all taken, and what follows from that: that somebody else
/// samples, or that threads are polled less often.
///
/// Belongs to the sampler's thread.
struct PollingCost {
    private enum Remedy {
        case otherSampler(HostBudget)
        case fewerPolls(PollBudget)
    }

    private static let readingInterval: UInt64 = 40_000_000

    private let procfs: ProcFS
    private var load: HostLoad
    private var remedy: Remedy
    private var polls = 0
    private var ticks = 0
    private var nextReading: MonotonicTime

    /// To be called by the sampler's thread; `nil` where the host's load can't be read.
    ///
    /// - Parameters:
    ///   - mayPollLess: whether only sleeping threads are sampled, so that each poll can stand for several ticks.
    ///   - threads: how many there are, if the host's CPUs are known to be all taken.
    init?(
        of procfs: ProcFS, mayPollLess: Bool, options: SamplingOptions, from start: MonotonicTime,
        threadsOnFullHost threads: Int? = nil
    ) {
        guard let load = HostLoad(of: procfs) else { return nil }
        (self.procfs, self.load, nextReading) = (procfs, load, start)
        let work = ProcessorTime.ofThisThread
        remedy =
            mayPollLess
            ? .fewerPolls(
                PollBudget(
                    processors: load.processors, rate: options.rate, from: start,
                    with: PollBudget.Work(nanoseconds: work, polls: 0, ticks: 0), threadsOnFullHost: threads))
            : .otherSampler(
                HostBudget(share: options.stopBudget, processors: load.processors, work: work, from: start))
    }

    /// In how many ticks each thread is to be polled once; `nil` for polls as what threads do demands.
    var stride: Int? { if case .fewerPolls(let budget) = remedy { budget.stride } else { nil } }

    mutating func notePoll() { polls += 1 }

    /// Ends a tick; returns the share of the host's CPU time that is too much, if somebody else is to sample.
    mutating func endTick(threads: Int, at now: MonotonicTime) -> Double? {
        ticks += 1
        if now >= nextReading {
            nextReading = now.advanced(by: Self.readingInterval)
            load.read(procfs)
        }
        switch remedy {
        case .otherSampler(var budget):
            guard budget.isDue(at: now) else { return nil }
            let excess = budget.excess(work: ProcessorTime.ofThisThread, isHostFull: load.takeIsFull(), at: now)
            remedy = .otherSampler(budget)
            return excess
        case .fewerPolls(var budget):
            guard budget.isDue(at: now) else { return nil }
            budget.adapt(
                to: PollBudget.Work(nanoseconds: ProcessorTime.ofThisThread, polls: polls, ticks: ticks),
                threads: threads, isHostFull: load.takeIsFull(), at: now)
            remedy = .fewerPolls(budget)
            return nil
        }
    }
}
