internal import SystemSupport

/// Watches which share of the time a target's threads are stopDurations.
struct StopBudget {
    /// Long enough for one slow stop not to count for much.
    private static let window: UInt64 = 1_000_000_000
    private static let windowsInARow = 2

    private let share: Double
    private var start: MonotonicTime
    private var stoppedAtStart: UInt64 = 0
    private var exceededWindows = 0

    /// - Parameter share: of the wall time, 0 to 1.
    init(share: Double, from start: MonotonicTime) {
        self.share = share
        self.start = start
    }

    /// The share of the time in the last window, when it was above the budget as it was in the one before.
    ///
    /// - Parameter stoppedNanoseconds: of all stops so far.
    mutating func excess(stoppedNanoseconds: UInt64, at now: MonotonicTime) -> Double? {
        let elapsed = now.since(start)
        guard elapsed >= Self.window else { return nil }
        let measured = Double(stoppedNanoseconds &- stoppedAtStart) / Double(elapsed)
        (start, stoppedAtStart) = (now, stoppedNanoseconds)
        exceededWindows = measured > share ? exceededWindows + 1 : 0
        return exceededWindows >= Self.windowsInARow ? measured : nil
    }
}
