/// When to alert.
package struct AlertSettings: Equatable, Sendable {
    /// By type; shares are of 0 to 1.
    package var thresholds: [AlertType: AlertThresholds] = Self.standardThresholds
    /// Leak verdicts below this level don't alert: `suspected` or `confirmed`.
    package var leakLevel = "suspected"
    /// How long a leak verdict has to hold, in seconds.
    package var leakHold: Double = 900
    /// How long a leak verdict has to be absent before its alert resolves, in seconds.
    package var leakClearHold: Double = 6 * 3600
    /// A group alerts anew of a leak at the earliest after this time, in seconds, unless it is more severe.
    package var leakRepeatTime: Double = 24 * 3600
    /// A confirmed leak that fills its limit within this time is critical, in seconds; any other is a warning.
    package var leakCriticalTime: Double = 24 * 3600
    /// A leak that takes longer to fill its limit doesn't alert, in seconds; metrics and API show it all the same.
    package var leakHorizon: Double = 30 * 86_400
    /// Growth that isn't yet judged over a whole window alerts, too, when it fills the limit within this time, in seconds.
    package var leakUrgentTime: Double = 3600
    package var quotas = AlertQuotas()
    /// How many resolved alerts are kept in memory.
    package var resolvedLimit = 100

    package init() {}

    package static let standardThresholds: [AlertType: AlertThresholds] = [
        .processMemory: AlertThresholds(
            warning: .init(above: 0.8, hold: 300), critical: .init(above: 0.95, hold: 60), minimum: 33_554_432),
        .cgroupMemory: AlertThresholds(
            warning: .init(above: 0.85, hold: 300), critical: .init(above: 0.95, hold: 60), minimum: 16_777_216),
        .hostMemory: AlertThresholds(warning: .init(above: 0.85, hold: 300), critical: .init(above: 0.95, hold: 60)),
        .hostCPU: AlertThresholds(warning: .init(above: 0.8, hold: 300), critical: .init(above: 0.95, hold: 120)),
        .groupCPU: AlertThresholds(warning: nil, critical: nil),
        .descriptors: AlertThresholds(
            warning: .init(above: 0.8, hold: 300), critical: .init(above: 0.95, hold: 60), minimum: 100),
        .pool: AlertThresholds(warning: .init(above: 0.8, hold: 60), critical: .init(above: 0.999, hold: 30)),
    ]
}

/// The two severities of a type; either may be off.
package struct AlertThresholds: Equatable, Sendable {
    package struct Threshold: Equatable, Sendable {
        /// It holds while the value is above, in the type's unit.
        package var above: Double
        /// How long it has to hold before the alert fires, in seconds.
        package var hold: Double

        package init(above: Double, hold: Double) {
            self.above = above
            self.hold = hold
        }
    }

    package var warning: Threshold?
    package var critical: Threshold?
    /// An alert resolves once the value has stayed below its threshold by this share of it (hysteresis).
    package var clearShare = 0.05
    /// For how many seconds it has to stay below.
    package var clearHold: Double = 60
    /// A share of a limit doesn't alert while less than this of it is used, in bytes or descriptors: a process may set
    /// itself a limit of 3 descriptors, or run in a cgroup of 1 MiB, and be well.
    package var minimum: Double

    package init(warning: Threshold?, critical: Threshold?, minimum: Double = 0) {
        self.warning = warning
        self.critical = critical
        self.minimum = minimum
    }
}

/// How many alerts about processes and groups may be active at a time, so that no user's processes suppress the alerts of
/// others.
///
/// Alerts about the host, cgroups and pools have no quota: how many there are is not up to those who run processes.
package struct AlertQuotas: Equatable, Sendable {
    /// Of one type about the processes of one user.
    package var perUser = 50
    /// Of one type.
    package var perType = 500
    /// Processes of one group and user that have alerts of one type of their own; those of more are folded into one.
    package var perGroup = 3

    package init() {}
}

/// Where alerts go beside the log and the API.
package struct DeliverySettings: Equatable, Sendable {
    /// A file to which each event is appended as a line of JSON; `nil`: only the agent's own log has them.
    package var file: String?
    /// `http` or `https` addresses to which each event is posted as JSON.
    package var webhooks: [String] = []
    /// Alertmanagers' base addresses, such as `http://localhost:9093`; each gets all alerts (API v2).
    package var alertmanagers: [String] = []
    /// Labels on all alerts that are sent to Alertmanager.
    package var labels: [String: String] = [:]
    /// Seconds after which a delivery that has got no answer has failed.
    package var timeout: Double = 10
    /// Active alerts are sent to Alertmanager again after this many seconds, since it resolves alerts that are not repeated.
    package var resendInterval: Double = 60
    /// Pending events of a destination that is unreachable; older ones are dropped and counted.
    package var queueLimit = 1000

    package init() {}
}
