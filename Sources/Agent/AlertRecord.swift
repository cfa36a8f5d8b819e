internal import Alerting
internal import Foundation
internal import SeriesStore

/// Alerts as the store keeps them.
enum AlertRecord {
    /// `nil` for one that can't be said as JSON, as with figures that are not finite.
    static func stored(_ alert: Alert) -> StoredAlert? {
        guard let json = try? JSONEncoder().encode(alert) else { return nil }
        return StoredAlert(
            id: alert.id, state: alert.state.rawValue, since: alert.since, resolvedAt: alert.resolvedAt,
            json: String(decoding: json, as: UTF8.self))
    }

    /// `nil` for one that another version wrote in another form.
    static func alert(_ stored: StoredAlert) -> Alert? {
        try? JSONDecoder().decode(Alert.self, from: Data(stored.json.utf8))
    }
}
