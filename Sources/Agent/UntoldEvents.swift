internal import Alerting

/// What looks have found while the deliverer still waits for its journal's disk.
struct UntoldEvents {
    private var events: [AlertEvent] = []
    /// Of the latest look; `nil` once it is told.
    private var active: [Alert]?
    /// Events for which there was no room.
    private(set) var dropped: UInt64 = 0

    /// More than one look can have: each of the alerts that may be active begins and ends.
    private static let most = 5000

    var count: Int { events.count }

    /// Returns the oldest, for which there is no room.
    mutating func add(_ new: [AlertEvent], active: [Alert]) -> [AlertEvent] {
        events += new
        self.active = active
        let excess = Array(events.prefix(max(events.count - Self.most, 0)))
        events.removeFirst(excess.count)
        dropped += UInt64(excess.count)
        return excess
    }

    mutating func take() -> (events: [AlertEvent], active: [Alert])? {
        defer { (events, active) = ([], nil) }
        return active.map { (events, $0) }
    }
}
