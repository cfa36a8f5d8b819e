internal import SystemSupport

/// Watches what the sampler's thread costs while the host's CPUs are all taken.
struct HostBudget {
    private static let window: UInt64 = 1_000_000_000
    private static let windowsInARow = 2

    private let share: Double
    private let processors: Int
    private var start: MonotonicTime
    private var workAtStart: UInt64
    private var exceededWindows = 0

    /// - Parameters:
    ///   - share: of all CPUs' time, 0 to 1, that the thread may take.
    ///   - work: the CPU time of the thread so far, in nanoseconds.
    init(share: Double, processors: Int, work: UInt64, from start: MonotonicTime) {
        (self.share, self.processors, self.start, workAtStart) = (share, processors, start, work)
    }

    /// Whether a window is over.
    func isDue(at now: MonotonicTime) -> Bool { now.since(start) >= Self.window }

    /// Ends a window; returns the share of the host's CPU time that the thread took, when it was above the budget on a full
    /// host as it was in the window before.
    mutating func excess(work: UInt64, isHostFull: Bool, at now: MonotonicTime) -> Double? {
        let measured = Double(work &- workAtStart) / Double(max(1, now.since(start))) / Double(processors)
        (start, workAtStart) = (now, work)
        exceededWindows = isHostFull && measured > share ? exceededWindows + 1 : 0
        return exceededWindows >= Self.windowsInARow ? measured : nil
    }
}
