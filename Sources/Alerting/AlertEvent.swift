/// A change of an alert that is reported.
package struct AlertEvent: Equatable, Sendable, Codable {
    package enum Transition: String, Sendable, Codable, CaseIterable {
        case fired
        /// From warning to critical.
        case escalated
        /// From critical back to warning.
        case eased
        case resolved
    }

    /// Why an alert is over.
    package enum Resolution: String, Sendable, Codable, CaseIterable {
        /// The value stayed on the good side of the threshold for long enough.
        case cleared
        /// The process has ended or isn't watched any more; the group, pool or cgroup isn't there any more.
        case ended
        /// The configuration doesn't ask for it any more.
        case notWatched = "not_watched"
    }

    package let transition: Transition
    /// As it is after the change.
    package let alert: Alert
    /// Seconds since 1970.
    package let time: Double
    /// Of resolved alerts only.
    package let resolution: Resolution?

    package init(_ transition: Transition, _ alert: Alert, at time: Double, resolution: Resolution? = nil) {
        self.transition = transition
        self.alert = alert
        self.time = time
        self.resolution = resolution
    }

    /// The same for each attempt to deliver this event, and for no other event; ASCII without blanks.
    package var key: String {
        let milliseconds = Int64(exactly: (time * 1000).rounded()) ?? 0
        return "\(alert.id):\(transition.rawValue):\(milliseconds)"
    }

    /// Why it is over, in words; `nil` unless it is resolved.
    package var reason: String? {
        switch resolution {
        case nil: nil
        case .cleared: "the condition doesn't hold any more"
        case .ended where alert.subject.isFolded: "the processes have ended, or aren't watched any more"
        case .ended where alert.subject.process != nil: "the process has ended, or isn't watched any more"
        case .ended where alert.subject.cgroup != nil: "the cgroup isn't there any more, or has no limit of its own"
        case .ended: "it isn't there any more"
        case .notWatched: "the configuration doesn't ask for it any more"
        }
    }
}

/// What was active when the agent ended, as it is when it starts again.
///
/// A process's number and start time may be another's after a reboot, so that its alerts end with the boot.
package struct RestoredAlerts: Sendable {
    /// For the engine to continue.
    package private(set) var active: [Alert] = []
    /// Of processes that a reboot has ended.
    package private(set) var ended: [AlertEvent] = []

    /// - Parameters:
    ///   - alerts: With the boot that each is of.
    ///   - boot: This one.
    ///   - wall: Now, in seconds since 1970.
    package init(_ alerts: [(alert: Alert, boot: String)], in boot: String, at wall: Double) {
        for (alert, alertBoot) in alerts where alert.state == .active {
            let isOfProcesses = alert.subject.process != nil || alert.subject.isFolded
            if !isOfProcesses || alertBoot == boot {
                active.append(alert)
            } else {
                ended.append(AlertEvent(.resolved, alert.resolved(at: wall), at: wall, resolution: .ended))
            }
        }
    }
}
