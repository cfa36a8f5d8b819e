/// When to try again: after 1 second, then after twice as long each time, up to a minute.
struct RetryTime {
    private var wait: Double = 1
    private var lastFailure: Double?

    /// On the clock of the looks; at once when that clock went back.
    func isDue(at monotonic: Double) -> Bool {
        guard let lastFailure, lastFailure <= monotonic else { return true }
        return monotonic - lastFailure >= wait
    }

    /// A failure at no known time is tried again with the next look.
    mutating func postpone(from monotonic: Double?) {
        guard let monotonic else { return }
        if lastFailure != nil { wait = min(wait * 2, 60) }
        lastFailure = monotonic
    }
}
