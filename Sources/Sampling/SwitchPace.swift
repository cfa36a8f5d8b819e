internal import ProcFS
internal import ProfileModel
internal import SystemSupport

/// Keeps the number of context switches that are sampled within a limit, by sampling only each so many-th.
struct SwitchPace {
    /// Samples a second for each tick a second that was asked for: a stack at a switch costs the target some
    /// microseconds.
    private static let samplesPerTick = 10
    private static let observationTime = Duration.milliseconds(50)
    /// A burst of switches is followed by another one, as a rule.
    private static let timeout: UInt64 = 5_000_000_000
    /// Primes, each about twice the one before: a loop that waits in two or four places would be sampled in only one of
    /// them by a power of two.
    private static let periods: [UInt64] = [
        1, 3, 7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131_071, 262_139, 524_287,
        1_048_573,
    ]

    private let limit: Double
    private let procfs: ProcFS
    private var counted = 0
    private var countedSince = MonotonicTime.now
    /// Since when fewer samples are taken than could be.
    private var slackSince: MonotonicTime?
    private var hasLost = false

    /// - Parameter limit: ticks a second.
    init(limit: Int, procfs: ProcFS) {
        self.limit = Double(limit * Self.samplesPerTick)
        self.procfs = procfs
    }

    /// Notes that a thread has left its CPU, whether that was sampled or not.
    mutating func count() { counted += 1 }

    /// Notes that the rings were full.
    mutating func noteLoss() { hasLost = true }

    /// By how the processes' threads switch before sampling begins.
    func firstPeriod(of contexts: [ProcessContext]) -> UInt64 {
        let (before, start) = (switches(of: contexts), MonotonicTime.now)
        pause(for: Self.observationTime)
        let elapsed = Double(MonotonicTime.now.since(start)) / 1e9
        return Self.period(atLeast: Double(switches(of: contexts) &- before) / elapsed / limit)
    }

    /// The period that would have kept the last samples within the limit; one that is good enough stays.
    mutating func adapted(_ period: UInt64, at now: MonotonicTime) -> UInt64 {
        let elapsed = Double(now.since(countedSince)) / 1e9
        guard elapsed > 0.1 else { return period }
        var fitting = Self.period(atLeast: Double(counted) / elapsed / limit)
        if hasLost { fitting = max(fitting, Self.period(atLeast: Double(period) + 1)) }
        (counted, countedSince, hasLost) = (0, now, false)
        // Opening all events anew for twice as many samples would cost more than it helps.
        slackSince = fitting * 4 <= period ? slackSince ?? now : nil
        if let slackSince, now.since(slackSince) < Self.timeout { return period }
        return fitting > period || slackSince != nil ? fitting : period
    }

    private static func period(atLeast value: Double) -> UInt64 {
        periods.first { Double($0) >= value } ?? periods[periods.count - 1]
    }

    private func switches(of contexts: [ProcessContext]) -> UInt64 {
        var total: UInt64 = 0
        for context in contexts {
            guard let tracker = try? ThreadTracker(of: context.directory, countsTimeslices: true),
                (try? tracker.refresh()) != nil
            else { continue }
            var buffer: [UInt8] = []
            for entry in tracker.ordered { total &+= (try? entry.schedstat(using: &buffer).timeslices) ?? 0 }
        }
        return total
    }
}
