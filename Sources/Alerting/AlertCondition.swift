/// The condition of one severity of one alert, with its `for` duration and its hysteresis.
struct AlertCondition: Sendable {
    /// Where a reading is, seen from the threshold.
    enum Position: Sendable {
        case above
        /// Not above the threshold, but not as far below as it takes to clear.
        case between
        case below
    }

    /// What it takes to raise and to clear the condition.
    struct Rule: Sendable {
        let position: Position
        /// What was exceeded, in the type's unit.
        let threshold: Double
        /// Seconds above until it is raised.
        let hold: Double
        /// Seconds below until it is lowered.
        let clearHold: Double
    }

    private(set) var isRaised = false
    /// When it began to hold, in seconds since 1970; `nil` while it neither holds nor is raised.
    private(set) var since: Double?
    private var heldFor: Double?
    private var clearFor: Double?

    init() {}

    /// A condition that was raised before a restart.
    init(raisedSince since: Double) {
        isRaised = true
        self.since = since
    }

    /// Whether there is nothing to remember.
    var isIdle: Bool { !isRaised && heldFor == nil }

    /// Takes a reading.
    ///
    /// - Parameters:
    ///   - seconds: Observed since the reading before; `nil` after a gap, so that durations restart at 0.
    ///   - wall: Now, in seconds since 1970.
    mutating func take(_ rule: Rule, after seconds: Double?, at wall: Double) {
        if seconds == nil { (heldFor, clearFor) = (nil, nil) }
        switch rule.position {
        case .above:
            clearFor = nil
            heldFor = heldFor.map { $0 + (seconds ?? 0) } ?? 0
            since = since ?? wall
            if let heldFor, heldFor >= rule.hold { isRaised = true }
        case .between:
            (heldFor, clearFor) = (nil, nil)
        case .below:
            heldFor = nil
            clearFor = clearFor.map { $0 + (seconds ?? 0) } ?? 0
            if let clearFor, clearFor >= rule.clearHold { isRaised = false }
        }
        if isIdle { since = nil }
    }

    /// Raised with a more severe one, which holds for a shorter time.
    mutating func raise(since wall: Double) {
        isRaised = true
        since = since ?? wall
    }
}

/// The settings, applied to one reading.
struct AlertRules: Sendable {
    let warning: AlertCondition.Rule?
    let critical: AlertCondition.Rule?

    /// `nil`: the reading is unknown.
    init?(_ observation: AlertObservation, settings: AlertSettings) {
        guard observation.value != nil else { return nil }
        switch observation.reading {
        case .unknown: return nil
        case .value(let value):
            let thresholds = settings.thresholds[observation.type]
            warning = thresholds?.rule(thresholds?.warning, value)
            critical = thresholds?.rule(thresholds?.critical, value)
        case .share(let share, let used):
            let thresholds = settings.thresholds[observation.type]
            let value = used < thresholds?.minimum ?? 0 ? -.infinity : share
            warning = thresholds?.rule(thresholds?.warning, value)
            critical = thresholds?.rule(thresholds?.critical, value)
        case .verdict(let severity, _), .tentative(let severity, _):
            warning = settings.leakRule(severity.map { $0 >= .warning } ?? false ? .above : .below)
            critical = settings.leakRule(severity.map { $0 >= .critical } ?? false ? .above : .below)
        case .undecided:
            warning = settings.leakRule(.between)
            critical = settings.leakRule(.below)
        }
    }

    /// Whether nothing holds, so that a subject without a history needs no memory.
    var areQuiet: Bool { warning?.position != .above && critical?.position != .above }

    /// Whether the settings ask for no severity.
    var areAbsent: Bool { warning == nil && critical == nil }

    func rule(for severity: Alert.Severity) -> AlertCondition.Rule? {
        switch severity {
        case .warning: warning
        case .critical: critical
        }
    }
}

extension AlertSettings {
    fileprivate func leakRule(_ position: AlertCondition.Position) -> AlertCondition.Rule {
        AlertCondition.Rule(position: position, threshold: 0, hold: leakHold, clearHold: leakClearHold)
    }
}

extension AlertThresholds {
    fileprivate func rule(_ threshold: Threshold?, _ value: Double) -> AlertCondition.Rule? {
        guard let threshold else { return nil }
        let isClear = value <= threshold.above - abs(threshold.above) * clearShare
        let position: AlertCondition.Position = value > threshold.above ? .above : isClear ? .below : .between
        return AlertCondition.Rule(
            position: position, threshold: threshold.above, hold: threshold.hold, clearHold: clearHold)
    }
}
