internal import Alerting
internal import Foundation
internal import SeriesStore

/// Writes alerts to the store: those that change, and all that are active once the store has failed.
///
/// A store that is opened after a failure may be empty, and has to have them for the next start of the agent, which would
/// notify of them again.
struct AlertWriter: Sendable {
    private let store: ResilientStore
    private let bootID: String
    /// Failures of the store when all active alerts were written last.
    private var failures: UInt64 = 0

    init(store: ResilientStore, bootID: String) {
        self.store = store
        self.bootID = bootID
    }

    /// Writes alerts that changed; to be called once their events are sure to be delivered.
    func write(_ events: [AlertEvent]) {
        for event in events { save(event.alert) }
    }

    /// Writes the active alerts beside those of events if the store has failed since the last call.
    mutating func writeAfterFailure(_ active: [Alert], besides events: [AlertEvent]) {
        // Read before the alerts are written: what fails after that counts in the next collection.
        let failures = store.counters.errors
        guard failures != self.failures else { return }
        self.failures = failures
        let changed = Set(events.map(\.alert.id))
        for alert in active where !changed.contains(alert.id) { save(alert) }
    }

    private func save(_ alert: Alert) {
        if let record = AlertRecord(alert, boot: bootID).stored { store.save(record) }
    }
}

/// An alert as the store keeps it.
struct AlertRecord: Codable {
    /// Of the kernel: within it the number and start time of a process are unique.
    let boot: String
    let alert: Alert

    init(_ alert: Alert, boot: String) {
        self.alert = alert
        self.boot = boot
    }

    /// `nil` for one that another version wrote in another form.
    init?(_ stored: StoredAlert) {
        guard let record = try? JSONDecoder().decode(Self.self, from: Data(stored.json.utf8)) else { return nil }
        self = record
    }

    /// `nil` for one that has no JSON form, as with figures that are not finite.
    var stored: StoredAlert? {
        guard let json = try? JSONEncoder().encode(self) else { return nil }
        return StoredAlert(
            id: alert.id, state: alert.state.rawValue, since: alert.since, resolvedAt: alert.resolvedAt,
            json: String(decoding: json, as: UTF8.self))
    }
}
