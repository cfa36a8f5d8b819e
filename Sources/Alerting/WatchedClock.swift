/// Counts the seconds during which was looked.
///
/// A gap between looks counts for a few intervals at most, whatever it was that kept the agent from looking: nobody
/// knows what was meanwhile.
struct WatchedClock: Sendable {
    /// Of looks, in seconds.
    var interval: Double
    private(set) var seconds: Double = 0
    private var lastLook: Double?

    init(interval: Double) { self.interval = interval }

    /// What a gap counts for at most.
    var longestStep: Double { 3 * interval }

    /// Notes a look by `CLOCK_MONOTONIC`.
    mutating func look(at monotonic: Double) {
        if let lastLook { seconds += min(max(monotonic - lastLook, 0), longestStep) }
        lastLook = monotonic
    }
}
