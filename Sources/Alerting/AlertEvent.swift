/// A change of an alert that somebody may want to hear of.
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
        case .ended where alert.subject.process != nil: "the process has ended, or isn't watched any more"
        case .ended where alert.subject.cgroup != nil: "the cgroup isn't there any more, or has no limit of its own"
        case .ended: "it isn't there any more"
        case .notWatched: "the configuration doesn't ask for it any more"
        }
    }
}
