/// The condition of one severity of one alert, with its `for` duration and its hysteresis.
struct AlertRung: Sendable {
    /// Where a reading is, seen from the threshold.
    enum Position: Sendable {
        case above
        /// Not above the threshold, but not as far below as it takes to clear.
        case between
        case below
    }

    /// What has to be for the rung to be raised and lowered.
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

    /// A rung that was raised before a restart.
    init(raisedSince since: Double) {
        isRaised = true
        self.since = since
    }

    /// Whether there is nothing to remember.
    var isIdle: Bool { !isRaised && heldFor == nil }

    /// Takes a reading.
    ///
    /// - Parameters:
    ///   - seconds: What was watched since the reading before; `nil` when nobody knows what was meanwhile, so that
    ///     durations begin anew.
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
