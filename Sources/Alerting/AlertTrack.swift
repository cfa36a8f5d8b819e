/// The state of a subject whose condition holds, or has held.
struct AlertTrack: Sendable {
    let type: AlertType
    /// As it was first: names may change, and with them the labels by which receivers deduplicate.
    let subject: AlertSubject
    var alert: Alert?
    /// The number of the last collection that had it.
    var lastCollection = 0
    private var warning = AlertCondition()
    private var critical = AlertCondition()
    /// In seconds of the observed clock.
    private var lastKnown: Double?
    /// Whether a verdict that wasn't tentative has fired the alert.
    private var isSure = false

    init(_ type: AlertType, _ subject: AlertSubject) {
        self.type = type
        self.subject = subject
    }

    /// An alert that was active before a restart.
    init(restoring alert: Alert) {
        self.init(alert.type, alert.subject)
        self.alert = alert
        isSure = true
        warning = AlertCondition(raisedSince: alert.since)
        if alert.severity == .critical { critical = AlertCondition(raisedSince: alert.since) }
    }

    /// What holds for long enough now; `nil` for nothing.
    var severity: Alert.Severity? { critical.isRaised ? .critical : warning.isRaised ? .warning : nil }

    /// Whether the condition holds, and there is no alert of its own.
    var isSuppressed: Bool { alert == nil && severity != nil }

    var isIdle: Bool { alert == nil && warning.isIdle && critical.isIdle }

    /// When the condition began to hold, in seconds since 1970.
    var since: Double? { warning.since ?? critical.since }

    /// Seconds since the latest known reading.
    func unknownFor(at observed: Double) -> Double { lastKnown.map { observed - $0 } ?? .infinity }

    /// Whether the reading is a tentative one that contradicts a full verdict.
    func outweighs(_ reading: AlertObservation.Reading) -> Bool {
        guard isSure, let alert, case .tentative(let severity, _) = reading else { return false }
        return severity.map { $0 < alert.severity } ?? true
    }

    /// Takes a known reading; the time between two readings counts unless it is longer than
    /// `longestGap` seconds.
    mutating func take(
        _ rules: AlertRules, of reading: AlertObservation.Reading, observed: Double, longestGap: Double, wall: Double
    ) {
        if case .verdict(.some, _) = reading { isSure = true }
        let gap = lastKnown.map { observed - $0 } ?? 0
        lastKnown = observed
        let step = gap <= longestGap ? gap : nil
        Self.take(rules.critical, into: &critical, after: step, at: wall)
        Self.take(rules.warning, into: &warning, after: step, at: wall)
        // It falls back to the warning, and not to nothing, where the warning has to hold for longer.
        if rules.warning != nil, critical.isRaised { warning.raise(since: critical.since ?? wall) }
    }

    private static func take(
        _ rule: AlertCondition.Rule?, into condition: inout AlertCondition, after step: Double?, at wall: Double
    ) {
        guard let rule else {
            condition = AlertCondition()
            return
        }
        condition.take(rule, after: step, at: wall)
    }
}

/// Counts the seconds that were observed.
///
/// A gap between collections counts for a few intervals at most, whatever delayed the agent: nothing is known of it.
struct ObservedClock: Sendable {
    /// Of collections, in seconds.
    var interval: Double
    private(set) var seconds: Double = 0
    private var lastCollection: Double?

    init(interval: Double) { self.interval = interval }

    /// What a gap counts for at most.
    var longestStep: Double { 3 * interval }

    /// Notes a collection, by `CLOCK_MONOTONIC`.
    mutating func collect(at monotonic: Double) {
        if let lastCollection { seconds += min(max(monotonic - lastCollection, 0), longestStep) }
        lastCollection = monotonic
    }
}
