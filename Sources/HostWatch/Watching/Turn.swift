/// When something slow is read of a process: once an interval, at a moment of its own, so that a look reads a share of
/// the processes and never all of them at once.
struct Turn {
    private var last: Double?

    /// Whether it is due, by the seconds of a look; the first time at once.
    func isDue(at now: Double, interval: Double, of process: Int32) -> Bool {
        guard let last else { return true }
        guard interval > 0 else { return true }
        let shift = interval * Self.share(of: process)
        return ((now + shift) / interval).rounded(.down) > ((last + shift) / interval).rounded(.down)
    }

    mutating func take(at now: Double) { last = now }

    /// Neighbouring numbers get shares of the interval that are far apart (the golden ratio's multiples).
    private static func share(of process: Int32) -> Double {
        let position = Double(process) * 0.618_033_988_749_894_9
        return position - position.rounded(.down)
    }
}
