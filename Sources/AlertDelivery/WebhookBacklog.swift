import Alerting

/// Events in the order in which they happened, sent one by one.
struct WebhookBacklog: DeliveryBacklog {
    private struct Entry {
        let event: AlertEvent
        var isAttempted = false
    }

    private var totals = DeliveryCounters()
    private var entries: [Entry] = []
    /// Whether the first one is on its way.
    private var isSending = false
    private var limit: Int
    private let identity: AgentIdentity

    init(_ settings: DeliverySettings, identity: AgentIdentity) {
        limit = settings.queueLimit
        self.identity = identity
    }

    var counters: DeliveryCounters {
        var counters = totals
        counters.waiting = entries.count
        return counters
    }

    var due: ContinuousClock.Instant? { nil }

    mutating func apply(_ settings: DeliverySettings) { limit = settings.queueLimit }

    mutating func add(_ events: [AlertEvent], active: [Alert]) {
        for event in events {
            if event.transition != .fired { supersede(event.alert.id) }
            entries.append(Entry(event: event))
        }
        let sending = isSending ? 1 : 0
        let excess = entries.count - sending - max(limit, 1)
        guard excess > 0 else { return }
        entries.removeSubrange(sending..<sending + excess)
        totals.dropped += UInt64(excess)
    }

    /// Changes between that nobody has been told of; that it fired and was resolved is told in any case.
    private mutating func supersede(_ id: String) {
        let before = entries.count
        entries.removeAll { entry in
            let isBetween = entry.event.transition == .escalated || entry.event.transition == .eased
            return isBetween && !entry.isAttempted && entry.event.alert.id == id
        }
        totals.superseded += UInt64(before - entries.count)
    }

    mutating func next(at now: ContinuousClock.Instant, wall: Double) -> DeliveryRequest? {
        guard let event = entries.first?.event else { return nil }
        entries[0].isAttempted = true
        isSending = true
        return DeliveryRequest(
            body: AlertEventDocument(event, from: identity).json, idempotencyKey: event.key)
    }

    mutating func finish(_ outcome: DeliveryOutcome) {
        guard isSending else { return }
        isSending = false
        switch outcome {
        case .delivered: totals.delivered += 1
        case .refused: totals.failed += 1
        case .unavailable, .faulty:
            totals.retried += 1
            return
        }
        entries.removeFirst()
    }

    mutating func giveUp() {
        totals.dropped += UInt64(entries.count)
        entries = []
        isSending = false
    }
}
