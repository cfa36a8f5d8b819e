internal import Alerting
internal import SeriesStore

/// Hands alerts to the store: those that change, and all that are active once the store has failed.
///
/// What is opened after a failure may have begun anew, and has to have them for the next start of the agent, which would
/// tell of them again.
struct AlertWriter {
    private let store: ResilientStore
    private let bootID: String
    /// Failures of the store that were there when all active alerts were handed over.
    private var failures: UInt64 = 0

    init(store: ResilientStore, bootID: String) {
        self.store = store
        self.bootID = bootID
    }

    mutating func write(_ events: [AlertEvent], active: [Alert]) {
        // Asked before the alerts are handed over: what fails after that counts in the next look.
        let failures = store.counters.errors
        if failures != self.failures {
            self.failures = failures
            active.forEach(save)
        }
        for event in events { save(event.alert) }
    }

    private func save(_ alert: Alert) {
        if let record = AlertRecord(alert, boot: bootID).stored { store.save(record) }
    }
}
