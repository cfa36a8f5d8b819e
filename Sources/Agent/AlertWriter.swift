internal import Alerting
internal import SeriesStore

/// Hands alerts to the store: those that change, and all that are active once the store has failed.
///
/// What is opened after a failure may have begun anew, and has to have them for the next start of the agent, which would
/// tell of them again.
struct AlertWriter: Sendable {
    private let store: ResilientStore
    private let bootID: String
    /// Failures of the store that were there when all active alerts were handed over.
    private var failures: UInt64 = 0

    init(store: ResilientStore, bootID: String) {
        self.store = store
        self.bootID = bootID
    }

    /// Hands over alerts that changed; to be called once their events are sure to be told.
    func write(_ events: [AlertEvent]) {
        for event in events { save(event.alert) }
    }

    /// Hands over the active alerts beside those of events if the store has failed since the last call.
    mutating func writeAfterFailure(_ active: [Alert], besides events: [AlertEvent]) {
        // Asked before the alerts are handed over: what fails after that counts in the next look.
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
