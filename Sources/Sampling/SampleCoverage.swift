internal import ProfileModel

/// Compares the CPU time that processes have used with the CPU time that the samples of them stand for.
///
/// An event on a thread takes its first sample after a whole period: of threads that end sooner, it takes none.
struct SampleCoverage {
    private static let window: UInt64 = 1_000_000_000
    /// Fewer samples than this share of those that were due are too few, if chance doesn't explain it.
    private static let poorShare = 0.9
    private static let standardErrors = 4.0

    private struct Tally {
        let clock: ProcessClock
        let first: UInt64
        var last: UInt64
        var samples: UInt64 = 0
    }

    private var tallies: [ProcessID: Tally] = [:]
    private var windowStart = MonotonicTime.now
    private var windowProcessor: UInt64 = 0
    private var windowSamples: UInt64 = 0

    /// Watches a process from now on.
    mutating func begin(_ process: ProcessID) {
        guard let clock = ProcessClock(of: process), let now = clock.nanoseconds.map(UInt64.init(clamping:)) else {
            return
        }
        tallies[process] = Tally(clock: clock, first: now, last: now)
    }

    mutating func count(_ process: ProcessID) { tallies[process]?.samples += 1 }

    /// Whether far fewer samples came in the last second than the CPU time calls for.
    mutating func isPoor(period: UInt64, at now: MonotonicTime) -> Bool {
        guard now.since(windowStart) >= Self.window else { return false }
        let (processor, samples) = read()
        let due = Double(processor &- windowProcessor) / Double(period)
        let taken = Double(samples &- windowSamples)
        (windowStart, windowProcessor, windowSamples) = (now, processor, samples)
        return taken < due * Self.poorShare && due - taken > Self.standardErrors * due.squareRoot()
    }

    /// All CPU time so far, and the part that the samples stand for, in nanoseconds.
    mutating func total(period: UInt64) -> (processor: UInt64, covered: UInt64) {
        let (processor, samples) = read()
        return (processor, samples &* period)
    }

    /// The CPU time of a process that has ended is that of the last look.
    private mutating func read() -> (processor: UInt64, samples: UInt64) {
        var sums: (processor: UInt64, samples: UInt64) = (0, 0)
        for (process, var tally) in tallies {
            tally.last = tally.clock.nanoseconds.map(UInt64.init(clamping:)) ?? tally.last
            tallies[process] = tally
            sums.processor &+= tally.last &- tally.first
            sums.samples &+= tally.samples
        }
        return sums
    }
}
