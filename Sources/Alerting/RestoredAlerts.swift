/// What was active when the agent ended, as it is when it starts again.
///
/// A process's number and start time may be another's after a reboot, so that its alerts end with the boot.
package struct RestoredAlerts: Sendable {
    /// For the engine to go on with.
    package private(set) var active: [Alert] = []
    /// Of processes that a reboot has ended.
    package private(set) var ended: [AlertEvent] = []

    /// - Parameters:
    ///   - alerts: With the boot that each is of.
    ///   - boot: This one.
    ///   - wall: Now, in seconds since 1970.
    package init(_ alerts: [(alert: Alert, boot: String)], in boot: String, at wall: Double) {
        for (alert, alertBoot) in alerts where alert.state == .active {
            if alert.subject.process == nil || alertBoot == boot {
                active.append(alert)
            } else {
                ended.append(AlertEvent(.resolved, alert.resolved(at: wall), at: wall, resolution: .ended))
            }
        }
    }
}
