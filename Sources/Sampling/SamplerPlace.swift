internal import CLinux

/// Where the sampler's thread runs: anywhere, or on a CPU of the threads that it samples.
///
/// A thread that goes on for milliseconds is found running from everywhere. One that sleeps and wakes all the time is not:
/// a sampler that has just taken the CPU of a server's client has kept it from asking, and finds the server asleep. Only
/// who loses the CPU to the sampler itself is found as it was (`CPUTakeover`).
///
/// Belongs to the sampler's thread.
struct SamplerPlace {
    /// A thread that goes on for less at a time, in nanoseconds, can change its state while the sampler comes (50 µs).
    private static let shortRun: UInt64 = 2_000_000
    /// A stop begins a time slice, and so does the end of a tick on the thread's CPU.
    private static let ownTimeslices: UInt64 = 2
    /// Above this share of the CPU time in threads with short runs, the sampler follows them.
    private static let followedShare = 0.1
    /// The last 64 ticks, about, are what counts.
    private static let decay = 1 - 1.0 / 64

    /// Those that the thread might use at first; `nil` on a host with more than 1,024.
    private let allowed: clinux_processors?
    private var current: UInt32?
    private var choice: UInt32?
    /// Of threads with short runs in this tick, in nanoseconds.
    private var shortRuns: UInt64 = 0
    private var recentShortRuns = 0.0
    private var recentRuns = 0.0
    private var generator = SplitMix64(seed: .random(in: 0...UInt64.max))

    init() {
        var processors = clinux_processors()
        allowed = unsafe clinux_get_processors(&processors) == 0 ? processors : nil
    }

    /// Notes what a thread has run since it was polled before, and where it is.
    ///
    /// - Parameter timeslices: how often it was put on a CPU for that.
    mutating func note(_ processor: UInt32?, ran nanoseconds: UInt64, in timeslices: UInt64) {
        recentRuns += Double(nanoseconds)
        guard nanoseconds > 0, timeslices > Self.ownTimeslices,
            nanoseconds / (timeslices - Self.ownTimeslices) < Self.shortRun
        else { return }
        recentShortRuns += Double(nanoseconds)
        shortRuns &+= nanoseconds
        // Each thread's CPU is chosen as likely as its share of all short runs.
        if let processor, UInt64.random(in: 0..<shortRuns, using: &generator) < nanoseconds { choice = processor }
    }

    /// Ends a tick: goes to the CPU of one of the threads with short runs, if these matter, or may run anywhere again.
    mutating func move() {
        defer {
            (choice, shortRuns) = (nil, 0)
            recentShortRuns *= Self.decay
            recentRuns *= Self.decay
        }
        guard recentShortRuns > recentRuns * Self.followedShare else { return leave() }
        guard let allowed, let choice, choice != current, clinux_has_processor(allowed, choice) != 0 else { return }
        var only = clinux_only_processor(choice)
        if unsafe clinux_set_processors(&only) == 0 { current = choice }
    }

    /// Runs wherever it might at first.
    mutating func leave() {
        guard current != nil, var allowed else { return }
        if unsafe clinux_set_processors(&allowed) == 0 { current = nil }
    }
}
