internal import Alerting
internal import Foundation
internal import SeriesStore

/// An alert as the store keeps it.
struct AlertRecord: Codable {
    /// Of the kernel: within it the process that the alert is about has its number for itself.
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

    /// `nil` for one that can't be said as JSON, as with figures that are not finite.
    var stored: StoredAlert? {
        guard let json = try? JSONEncoder().encode(self) else { return nil }
        return StoredAlert(
            id: alert.id, state: alert.state.rawValue, since: alert.since, resolvedAt: alert.resolvedAt,
            json: String(decoding: json, as: UTF8.self))
    }
}
