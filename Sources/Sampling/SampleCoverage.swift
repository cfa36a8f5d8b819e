internal import ProfileModel
internal import SystemSupport

/// Compares the CPU time that processes have used with the CPU time that the samples of them stand for.
///
/// An event on a thread takes its first sample after a whole period: of threads that end sooner, it takes none. A sampler
/// that reads from outside may find a thread asleep because it has itself kept others from waking it.
struct SampleCoverage {
    /// The CPU time of processes, the part of it that samples stand for, and the standard error of that, in nanoseconds.
    struct Total {
        let processor: UInt64
        let covered: UInt64
        let error: UInt64
    }

    private static let interval: UInt64 = 1_000_000_000
    /// So many samples show when a fifth of them is missing.
    private static let enoughSamples = 400.0

    private struct Tally {
        let clock: SystemClock
        let first: UInt64
        var last: UInt64
        var samples: UInt64 = 0
    }

    /// All of a time, or what was before it.
    private struct Sums {
        var processor: UInt64 = 0
        var samples: UInt64 = 0
        /// Of the samples at one tick, summed: what is seen at one tick comes or fails to come together.
        var squares: UInt64 = 0

        func since(_ before: Sums) -> Sums {
            Sums(
                processor: processor &- before.processor, samples: samples &- before.samples,
                squares: squares &- before.squares)
        }

        /// Of the number of samples, at random times, that are due.
        func standardError(due: Double) -> Double { max(due, Double(squares)).squareRoot() }
    }

    private var tallies: [ProcessID: Tally] = [:]
    private var tick: UInt64 = 0
    private var squares: UInt64 = 0
    private var nextCheck = MonotonicTime.now.advanced(by: interval)
    private var windowStart = Sums()
    /// Of processes that have ended.
    private var past = Sums()
    private var taken = Sums()

    /// Watches a process from now on.
    mutating func begin(_ process: ProcessID) {
        guard let clock = SystemClock.cpu(ofProcess: process.rawValue), let now = clock.reading else {
            return
        }
        tallies[process] = Tally(clock: clock, first: now, last: now)
    }

    /// Keeps the sums of a process that has ended, and nothing else of it.
    mutating func end(_ process: ProcessID) {
        guard let tally = tallies.removeValue(forKey: process) else { return }
        past.processor &+= (tally.clock.reading ?? tally.last) &- tally.first
        past.samples &+= tally.samples
    }

    /// Counts samples of the tick that `endTick()` ends.
    mutating func count(_ process: ProcessID, samples: Int = 1) {
        guard tallies[process] != nil else { return }
        tallies[process]?.samples &+= UInt64(samples)
        tick &+= UInt64(samples)
    }

    mutating func count(_ event: SampleEvent) {
        if case .thread(_, let sample, let context) = event { count(context.process, samples: sample.count) }
    }

    /// Notes that the samples since the last tick were taken together.
    mutating func endTick() {
        squares &+= tick &* tick
        tick = 0
    }

    /// Whether far fewer samples came lately than the CPU time calls for.
    mutating func isPoor(period: UInt64, at now: MonotonicTime) -> Bool { poorShare(period: period, at: now) != nil }

    /// The part of the CPU time that samples stand for, 0 to 1, when it was far too little lately.
    ///
    /// Lately is a second, or as long as it takes for so many samples to be due that the lack of a few would show.
    mutating func poorShare(period: UInt64, at now: MonotonicTime) -> Double? {
        guard now >= nextCheck else { return nil }
        nextCheck = now.advanced(by: Self.interval)
        let sums = read()
        let lately = sums.since(windowStart)
        let due = Double(lately.processor) / Double(period)
        let isPoor =
            CoverageDeviation(covered: Double(lately.samples), of: due, error: lately.standardError(due: due)) == .poor
        if isPoor || due >= Self.enoughSamples { windowStart = sums }
        return isPoor ? Double(lately.samples) / due : nil
    }

    /// Gives out what has come since the last call.
    mutating func take(period: UInt64) -> Total {
        endTick()
        let sums = read()
        let change = sums.since(taken)
        taken = sums
        let error = change.standardError(due: Double(change.processor) / Double(period)) * Double(period)
        return Total(processor: change.processor, covered: change.samples &* period, error: UInt64(error))
    }

    /// The CPU time of a process that has ended is that of the last poll.
    private mutating func read() -> Sums {
        var sums = past
        sums.squares = squares
        for (process, var tally) in tallies {
            tally.last = tally.clock.reading ?? tally.last
            tallies[process] = tally
            sums.processor &+= tally.last &- tally.first
            sums.samples &+= tally.samples
        }
        return sums
    }
}

/// How the CPU time that samples stand for differs from the CPU time that was used.
package enum CoverageDeviation: Sendable {
    case poor
    case excessive

    /// `nil` for a difference of a tenth at most, or of four standard errors.
    init?(covered: Double, of all: Double, error: Double) {
        guard abs(covered - all) > max(all / 10, 4 * error) else { return nil }
        self = covered < all ? .poor : .excessive
    }
}
