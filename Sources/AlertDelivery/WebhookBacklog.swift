import Alerting

/// Events in the order in which they happened, sent one by one; what was pending at the last end comes first.
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
    private let journal: JournalPage?

    init(_ settings: DeliverySettings, identity: AgentIdentity, journal: JournalPage? = nil) {
        limit = settings.queueLimit
        self.identity = identity
        self.journal = journal
        // Nobody knows whether they were on their way.
        entries = (journal?.pending ?? []).map { Entry(event: $0, isAttempted: true) }
        let done = dropExcess()
        journal?.note(done: done)
    }

    var counters: DeliveryCounters {
        var counters = totals
        counters.pending = entries.count
        return counters
    }

    var due: ContinuousClock.Instant? { nil }

    mutating func apply(_ settings: DeliverySettings) { limit = settings.queueLimit }

    mutating func add(_ events: [AlertEvent], active: [Alert]) {
        var done: [String] = []
        for event in events {
            if event.transition != .fired { done += supersede(event.alert.id) }
            entries.append(Entry(event: event))
        }
        done += dropExcess()
        journal?.note(queued: events, done: done)
    }

    /// Returns the keys of what it drops.
    private mutating func dropExcess() -> [String] {
        let sending = isSending ? 1 : 0
        let excess = entries.count - sending - max(limit, 1)
        guard excess > 0 else { return [] }
        let keys = entries[sending..<sending + excess].map(\.event.key)
        entries.removeSubrange(sending..<sending + excess)
        totals.dropped += UInt64(excess)
        return keys
    }

    /// Escalations between that were not sent yet; that an alert fired and was resolved is always sent.
    ///
    /// Returns the keys of what it removes.
    private mutating func supersede(_ id: String) -> [String] {
        func isPointless(_ entry: Entry) -> Bool {
            let isBetween = entry.event.transition == .escalated || entry.event.transition == .eased
            return isBetween && !entry.isAttempted && entry.event.alert.id == id
        }
        let keys = entries.filter(isPointless).map(\.event.key)
        entries.removeAll(where: isPointless)
        totals.superseded += UInt64(keys.count)
        return keys
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
        let event = entries.removeFirst().event
        journal?.note(done: [event.key])
    }

    /// What the journal has is delivered after the next start.
    mutating func dropAll() {
        totals.dropped += UInt64(entries.count)
        entries = []
        isSending = false
    }
}
