import Alerting
import Foundation

/// The alerts whose state has to be sent to Alertmanager, in batches.
///
/// It keeps states, not events: what fired and was resolved while Alertmanager was away is sent as resolved only, and
/// so notifies nobody. A severity is a label there, so an alert that gets critical ends as a warning.
///
/// No journal is kept: after a restart all active alerts are sent again, and an end that was not sent comes with
/// the end that was announced, four times the interval of the reminders after the last of them.
struct AlertmanagerBacklog: DeliveryBacklog {
    private struct Key: Hashable {
        let id: String
        let severity: Alert.Severity
    }

    private struct Entry {
        let alert: Alert
        /// Seconds since 1970; `nil` while it is active.
        let end: Double?
        let isRepetition: Bool
        /// Ascending: which is older, and whether it is still the one that was sent.
        let number: UInt64
    }

    private var totals = DeliveryCounters()
    private var entries: [Key: Entry] = [:]
    /// What is on its way; a later change may take its place in `entries` meanwhile.
    private var sending: [Key: Entry] = [:]
    private var active: [Alert] = []
    /// When all active alerts are sent again.
    private var nextRepetition = ContinuousClock.now
    private var nextNumber: UInt64 = 0
    /// How many requests are sent with one alert each, to find the one for which a batch was refused.
    private var singles = 0
    private var settings: DeliverySettings
    private let identity: AgentIdentity
    private static let batch = 64

    init(_ settings: DeliverySettings, identity: AgentIdentity) {
        self.settings = settings
        self.identity = identity
    }

    var counters: DeliveryCounters {
        var counters = totals
        counters.pending = entries.values.count { !$0.isRepetition }
        return counters
    }

    var due: ContinuousClock.Instant? { active.isEmpty ? nil : nextRepetition }

    mutating func apply(_ settings: DeliverySettings) { self.settings = settings }

    mutating func add(_ events: [AlertEvent], active: [Alert]) {
        self.active = active
        for event in events {
            switch event.transition {
            case .fired: put(event.alert, event.alert.severity, end: nil)
            case .resolved: put(event.alert, event.alert.severity, end: event.alert.resolvedAt ?? event.time)
            case .escalated, .eased:
                for severity in Alert.Severity.allCases {
                    put(event.alert, severity, end: severity == event.alert.severity ? nil : event.time)
                }
            }
        }
        dropExcess()
    }

    mutating func next(at now: ContinuousClock.Instant, wall: Double) -> DeliveryRequest? {
        if let due, due <= now { repeatActive(at: now) }
        let size = singles > 0 ? 1 : Self.batch
        let batch = entries.sorted { $0.value.number < $1.value.number }.prefix(size)
        guard !batch.isEmpty else { return nil }
        sending = Dictionary(uniqueKeysWithValues: batch.map { ($0.key, $0.value) })
        let alerts = batch.map { key, entry in
            // The alerts of an agent that has ended must not stay active for ever (Prometheus too takes four intervals).
            let end = entry.end ?? max(wall, entry.alert.since) + 4 * settings.resendInterval
            return AlertmanagerAlert(
                entry.alert, severity: key.severity, end: end, from: identity, extra: settings.labels)
        }
        return DeliveryRequest(body: (try? JSONEncoder().encode(alerts)) ?? Data(), idempotencyKey: nil)
    }

    mutating func finish(_ outcome: DeliveryOutcome) {
        let sent = sending
        sending = [:]
        singles = max(singles - 1, 0)
        if case .refused = outcome, sent.count > 1 {
            singles = sent.count
            return
        }
        for (key, entry) in sent {
            let isCurrent = entries[key]?.number == entry.number
            switch outcome {
            case .delivered where entry.isRepetition: totals.resent += 1
            case .delivered: totals.delivered += 1
            case .refused: totals.failed += entry.isRepetition ? 0 : 1
            case .unavailable, .faulty:
                if isCurrent { totals.retried += 1 } else { totals.superseded += entry.isRepetition ? 0 : 1 }
                continue
            }
            if isCurrent { entries[key] = nil }
        }
    }

    mutating func dropAll() {
        totals.dropped += UInt64(counters.pending)
        entries = [:]
        sending = [:]
    }

    private mutating func put(_ alert: Alert, _ severity: Alert.Severity, end: Double?, isRepetition: Bool = false) {
        let key = Key(id: alert.id, severity: severity)
        if let old = entries[key], !old.isRepetition, !isSending(old, key) { totals.superseded += 1 }
        entries[key] = Entry(alert: alert, end: end, isRepetition: isRepetition, number: nextNumber)
        nextNumber += 1
    }

    private func isSending(_ entry: Entry, _ key: Key) -> Bool { sending[key]?.number == entry.number }

    private mutating func repeatActive(at now: ContinuousClock.Instant) {
        nextRepetition = now + .seconds(max(settings.resendInterval, 0.1))
        for alert in active where entries[Key(id: alert.id, severity: alert.severity)] == nil {
            put(alert, alert.severity, end: nil, isRepetition: true)
        }
    }

    private mutating func dropExcess() {
        let excess = entries.count - max(settings.queueLimit, 1)
        guard excess > 0 else { return }
        let waiting = entries.filter { !isSending($0.value, $0.key) }
        for (key, entry) in waiting.sorted(by: { $0.value.number < $1.value.number }).prefix(excess) {
            entries[key] = nil
            if !entry.isRepetition { totals.dropped += 1 }
        }
    }
}
