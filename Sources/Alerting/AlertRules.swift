/// The settings, applied to one reading.
struct AlertRules: Sendable {
    let warning: AlertRung.Rule?
    let critical: AlertRung.Rule?

    /// `nil`: the reading is unknown.
    init?(_ observation: AlertObservation, settings: AlertSettings) {
        guard observation.value != nil else { return nil }
        switch observation.reading {
        case .unknown: return nil
        case .value(let value):
            let thresholds = settings.thresholds[observation.type]
            warning = thresholds?.rule(thresholds?.warning, value)
            critical = thresholds?.rule(thresholds?.critical, value)
        case .verdict(let severity, _), .tentative(let severity, _):
            func rule(_ rung: Alert.Severity) -> AlertRung.Rule {
                let holds = severity.map { $0 >= rung } ?? false
                return AlertRung.Rule(
                    position: holds ? .above : .below, threshold: 0, hold: settings.leakHold,
                    clearHold: settings.leakClearHold)
            }
            warning = rule(.warning)
            critical = rule(.critical)
        }
    }

    /// Whether nothing holds, so that a subject without a history needs no memory.
    var areQuiet: Bool { warning?.position != .above && critical?.position != .above }

    func rule(for severity: Alert.Severity) -> AlertRung.Rule? {
        switch severity {
        case .warning: warning
        case .critical: critical
        }
    }
}

extension AlertThresholds {
    fileprivate func rule(_ threshold: Threshold?, _ value: Double) -> AlertRung.Rule? {
        guard let threshold else { return nil }
        let isClear = value <= threshold.above - abs(threshold.above) * clearShare
        let position: AlertRung.Position = value > threshold.above ? .above : isClear ? .below : .between
        return AlertRung.Rule(
            position: position, threshold: threshold.above, hold: threshold.hold, clearHold: clearHold)
    }
}
