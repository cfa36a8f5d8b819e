package import Alerting
package import HostWatch
package import SeriesStore

/// All that can be set: by flags over `SONDE_*` environment over file over these defaults.
package struct AgentConfiguration: Equatable, Sendable {
    package var watch = HostWatchSettings()
    package var leaks = LeakWatchSettings()
    package var alerts = AlertSettings()
    package var delivery = DeliverySettings()
    package var retention = RetentionSettings()
    /// `nil`: the systemd state directory, else `/var/lib/sonde` for root and the XDG state directory for others.
    package var stateDirectory: String?
    package var web = WebSettings()
    package var log = LogSettings()
    package var budget = BudgetSettings()

    package init() {}
}
