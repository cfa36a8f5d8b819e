/// An alert about several processes of a group and user, beside those that have alerts of their own.
struct AlertFold: Sendable {
    let alert: Alert
    /// Until when it stays without a process, in seconds of the observed clock.
    private let graceEnd: Double

    init(_ alert: Alert) {
        self.alert = alert
        graceEnd = 0
    }

    /// One that was active before a restart.
    init(restoring alert: Alert, until graceEnd: Double) {
        self.alert = alert
        self.graceEnd = graceEnd
    }

    /// Whether it ends when none of its processes has the condition.
    func isOver(at observed: Double) -> Bool { observed >= graceEnd }
}

/// The processes whose condition holds without an alert of their own, in one collection, by the alert that they share.
struct FoldMembers: Sendable {
    struct Group: Sendable {
        let subject: AlertSubject
        fileprivate(set) var count = 0
        fileprivate var severity = Alert.Severity.warning
        /// Seconds since 1970: since when the first one has had the condition.
        fileprivate var since: Double?
        /// What was observed of the worst one; `nil` when none was read.
        fileprivate var worst: Observed?
        /// How the last ones left.
        fileprivate(set) var resolution: AlertEvent.Resolution?

        /// The alert as it is now; `nil` for a new one of which nothing was read.
        func alert(of key: AlertKey, _ before: Alert?, at wall: Double) -> Alert? {
            guard
                var alert = before
                    ?? worst.map({ worst in
                        Alert(
                            id: key.id, type: key.type, subject: subject, state: .active, severity: severity,
                            value: worst.value, threshold: worst.threshold, since: since ?? wall, resolvedAt: nil,
                            evidence: "", recommendation: key.type.recommendation(for: worst.process))
                    })
            else { return nil }
            alert.count = count
            alert.severity = severity
            guard let worst else { return alert }
            (alert.value, alert.threshold) = (worst.value, worst.threshold)
            let others = count == 1 ? "1 more process" : "\(count) more processes"
            alert.evidence = "\(others) of the same group and user; the worst: \(worst.observation.evidence())"
            alert.recommendation = worst.observation.recommendation ?? key.type.recommendation(for: worst.process)
            return alert
        }
    }

    fileprivate struct Observed: Sendable {
        let observation: AlertObservation
        let process: AlertSubject
        let severity: Alert.Severity
        let value: Double
        let threshold: Double
    }

    private(set) var groups: [AlertKey: Group] = [:]
    /// Processes in alerts that are active.
    var foldedCount = 0

    /// Notes what was observed of a process whose condition holds.
    mutating func note(_ observation: AlertObservation, value: Double, of track: AlertTrack, rules: AlertRules) {
        guard let severity = track.severity else { return }
        change(observation.type, track.subject) { group in
            if let worst = group.worst, (worst.severity, worst.value) >= (severity, value) { return }
            group.worst = Observed(
                observation: observation, process: track.subject, severity: severity, value: value,
                threshold: rules.rule(for: severity)?.threshold ?? 0)
        }
    }

    /// Notes that a process has left: that a condition cleared says more than that processes ended.
    mutating func note(_ resolution: AlertEvent.Resolution, of type: AlertType, _ subject: AlertSubject) {
        change(type, subject) { group in
            if group.resolution != .cleared, resolution != .ended || group.resolution == nil {
                group.resolution = resolution
            }
        }
    }

    /// Counts a process whose condition holds.
    mutating func count(_ track: AlertTrack) {
        guard let severity = track.severity else { return }
        change(track.type, track.subject) { group in
            group.count += 1
            group.severity = max(group.severity, severity)
            if let since = track.since { group.since = min(group.since ?? since, since) }
        }
    }

    private mutating func change(_ type: AlertType, _ subject: AlertSubject, _ body: (inout Group) -> Void) {
        guard let folded = subject.folded() else { return }
        body(&groups[AlertKey(type, folded), default: Group(subject: folded)])
    }
}
