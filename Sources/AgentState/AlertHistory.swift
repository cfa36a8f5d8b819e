package import Alerting

/// Alerts that are over.
package struct AlertHistory: Equatable, Sendable {
    /// Those that were resolved last first.
    package var alerts: [Alert]
    /// How many there are, of which these are the latest; `nil` when that can't be told.
    package var total: Int?
    /// Why only those in memory are here; `nil` when all were read that are kept.
    package var storeFailure: String?

    package init(alerts: [Alert], total: Int?, storeFailure: String? = nil) {
        self.alerts = alerts
        self.total = total
        self.storeFailure = storeFailure
    }
}
