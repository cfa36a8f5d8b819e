internal import ProfileModel
internal import SystemSupport

/// Chooses at each tick which threads of a process to poll, so that those that sleep cost next to nothing.
///
/// Threads that ran lately are watched: they are polled every time. The others are polled when some of them have run
/// (`UnwatchedTime`), and each by itself now and then.
struct ThreadSelection {
    /// So many threads are all polled, every time.
    static let fewThreads = 64
    /// Every thread is polled once in so many ticks.
    private static let round = 32
    /// How long a thread can run before the clock of its process shows it, in nanoseconds.
    private static let longestUpdate: UInt64 = 10_000_000

    private let clock: SystemClock?
    private let tolerance: UnwatchedTime.Tolerance
    private var unwatched: UnwatchedTime
    /// Of earlier selections, when there were so few threads in between that none was needed.
    private var missedBefore: UInt64 = 0
    private(set) var watched: [ThreadTracker.Entry] = []
    private var recentTicks: [(tick: Int, time: MonotonicTime)] = []
    /// Counts from 1.
    private(set) var tick = 0
    /// The last known CPU times of all threads, ended ones too.
    private var threadsTime: Int64 = 0
    private var isSelecting = false
    /// In how many ticks each thread is polled once, when that is all.
    private var stride: Int?

    /// - Parameter clock: `nil` to poll all threads always.
    init(clock: SystemClock?, tolerance: UnwatchedTime.Tolerance) {
        self.clock = clock
        self.tolerance = tolerance
        unwatched = UnwatchedTime(tolerance: tolerance)
    }

    /// The CPU time of threads that were not polled meanwhile, in nanoseconds.
    var missedNanoseconds: UInt64 { missedBefore &+ unwatched.missed }

    /// The ticks since a thread was polled last, up to the latest.
    ///
    /// - Parameter count: how many they are.
    func unseen(_ count: Int, after poll: Int) -> ThreadTracker.UnseenTicks {
        guard let first = recentTicks.first, let last = recentTicks.last,
            last.time.since(first.time) >= Self.longestUpdate
        else { return ThreadTracker.UnseenTicks(count: count, certain: 0, areRepresented: stride != nil) }
        // Had it woken up before the first of these, the last one would have noticed.
        return ThreadTracker.UnseenTicks(count: count, certain: min(count, max(0, first.tick - poll)))
    }

    /// Begins a tick; returns the clock of the process, or `nil` when threads are to be polled without it: all of them, or
    /// those whose turn it is.
    mutating func begin(threads: Int, every stride: Int?, at time: MonotonicTime) -> Int64? {
        if (stride == nil) != (self.stride == nil) { (recentTicks, lastTime) = ([], nil) }
        self.stride = stride
        if stride == nil { note(time) }
        tick += 1
        guard stride == nil, threads > Self.fewThreads, let now = clock?.reading.map(Int64.init(clamping:)) else {
            endSelecting()
            return nil
        }
        isSelecting = true
        return now
    }

    /// The times of past ticks: the last one, and back to the one that was the longest update before it.
    private mutating func note(_ time: MonotonicTime) {
        if tick > 0, let last = lastTime { recentTicks.append((tick, last)) }
        lastTime = time
        while recentTicks.count > 1, let last = recentTicks.last,
            last.time.since(recentTicks[1].time) >= Self.longestUpdate
        {
            recentTicks.removeFirst()
        }
    }

    private var lastTime: MonotonicTime?

    private mutating func endSelecting() {
        guard isSelecting else { return }
        isSelecting = false
        missedBefore &+= unwatched.missed
        unwatched = UnwatchedTime(tolerance: tolerance)
        watch([])
    }

    /// Which of so many threads are polled by turns, at this tick.
    func turn(of count: Int) -> StrideTo<Int> {
        let round = stride ?? Self.round
        return Swift.stride(from: tick % round, to: count, by: round)
    }

    mutating func mustPollAll(clock: Int64, at time: MonotonicTime) -> Bool {
        unwatched.mustPollAll(clock: clock, threads: threadsTime, at: time)
    }

    /// Notes what a thread has run since it was polled last.
    mutating func note(_ nanoseconds: Int64, of entry: ThreadTracker.Entry) {
        threadsTime &+= nanoseconds
        if !entry.isWatched { unwatched.find(nanoseconds) }
    }

    /// Ends a tick, with the threads that it polled.
    mutating func end(clock: Int64, polledAt entries: [ThreadTracker.Entry]) {
        unwatched.finishPoll(clock: clock, threads: threadsTime)
        let limit = heatLimit
        watch(entries.filter { $0.runs || $0.heat > limit || tolerance == .nothing && $0.readSleep == nil })
    }

    private mutating func watch(_ entries: [ThreadTracker.Entry]) {
        for entry in watched { entry.isWatched = false }
        for entry in entries { entry.isWatched = true }
        watched = entries
    }

    /// How many nanoseconds a thread must have run lately to be watched.
    private var heatLimit: Double {
        switch tolerance {
        // Until about three seconds after its last millisecond, at 99 Hz.
        case .nothing: 10_000
        case .little: unwatched.recentTime * 0.0002
        }
    }
}
