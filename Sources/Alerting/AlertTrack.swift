/// What is remembered of a subject whose condition holds, or has held.
struct AlertTrack: Sendable {
    /// As it was first: what the subject calls itself may change, and with it the labels that are deduplicated by.
    let subject: AlertSubject
    var alert: Alert?
    /// The number of the look that it was there in.
    var lastLook = 0
    private var warning = AlertRung()
    private var critical = AlertRung()
    /// In seconds of the watched clock.
    private var lastKnown: Double?
    /// Whether a verdict that wasn't tentative has found what the alert says.
    private var isSure = false

    init(subject: AlertSubject) { self.subject = subject }

    /// An alert that was active before a restart.
    init(restoring alert: Alert) {
        self.init(subject: alert.subject)
        self.alert = alert
        isSure = true
        warning = AlertRung(raisedSince: alert.since)
        if alert.severity == .critical { critical = AlertRung(raisedSince: alert.since) }
    }

    /// What holds for long enough now; `nil` for nothing.
    var severity: Alert.Severity? { critical.isRaised ? .critical : warning.isRaised ? .warning : nil }

    var isIdle: Bool { alert == nil && warning.isIdle && critical.isIdle }

    /// When the condition began to hold, in seconds since 1970.
    var since: Double? { warning.since ?? critical.since }

    /// Whether the reading says less than one that was surer has said.
    func outweighs(_ reading: AlertObservation.Reading) -> Bool {
        guard isSure, let alert, case .tentative(let severity, _) = reading else { return false }
        return severity.map { $0 < alert.severity } ?? true
    }

    /// Takes a known reading; `longestGap` is for how many seconds what is between two readings is taken for known.
    mutating func take(
        _ rules: AlertRules, of reading: AlertObservation.Reading, watched: Double, longestGap: Double, wall: Double
    ) {
        if case .verdict(.some, _) = reading { isSure = true }
        let gap = lastKnown.map { watched - $0 } ?? 0
        lastKnown = watched
        let step = gap <= longestGap ? gap : nil
        Self.take(rules.critical, into: &critical, after: step, at: wall)
        Self.take(rules.warning, into: &warning, after: step, at: wall)
        // It falls back to the warning, and not to nothing, where the warning has to hold for longer.
        if rules.warning != nil, critical.isRaised { warning.raise(since: critical.since ?? wall) }
    }

    private static func take(_ rule: AlertRung.Rule?, into rung: inout AlertRung, after step: Double?, at wall: Double)
    {
        guard let rule else {
            rung = AlertRung()
            return
        }
        rung.take(rule, after: step, at: wall)
    }
}
