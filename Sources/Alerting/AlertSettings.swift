/// When to alert.
package struct AlertSettings: Equatable, Sendable {
    /// By type; shares are of 0 to 1.
    package var thresholds: [AlertType: AlertThresholds] = Self.standardThresholds
    /// Leak verdicts below this level don't alert: `suspected` or `confirmed`.
    package var leakLevel = "suspected"
    /// How long a leak verdict has to hold, in seconds.
    package var leakHold: Double = 900
    /// How long a leak verdict has to be gone before its alert resolves, in seconds.
    package var leakClearHold: Double = 600
    /// A confirmed leak that fills its limit within this time is critical, in seconds; any other is a warning.
    package var leakCriticalTime: Double = 24 * 3600
    /// A leak that takes longer to fill its limit doesn't alert, in seconds; metrics and API show it all the same.
    package var leakHorizon: Double = 30 * 86_400
    /// Growth that isn't yet judged over a whole window alerts, too, when it fills the limit within this time, in seconds.
    package var leakUrgentTime: Double = 3600
    /// How many resolved alerts are kept in memory.
    package var resolvedLimit = 100

    package init() {}

    package static let standardThresholds: [AlertType: AlertThresholds] = [
        .processMemory: AlertThresholds(warning: .init(above: 0.8, hold: 300), critical: .init(above: 0.95, hold: 60)),
        .cgroupMemory: AlertThresholds(warning: .init(above: 0.85, hold: 300), critical: .init(above: 0.95, hold: 60)),
        .hostMemory: AlertThresholds(warning: .init(above: 0.85, hold: 300), critical: .init(above: 0.95, hold: 60)),
        .hostCPU: AlertThresholds(warning: .init(above: 0.8, hold: 300), critical: .init(above: 0.95, hold: 120)),
        .groupCPU: AlertThresholds(warning: nil, critical: nil),
        .descriptors: AlertThresholds(warning: .init(above: 0.8, hold: 300), critical: .init(above: 0.95, hold: 60)),
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

    package init(warning: Threshold?, critical: Threshold?) {
        self.warning = warning
        self.critical = critical
    }
}
