internal import Alerting

extension ConfigurationSchema {
    /// `alerts`: a section for the leak verdicts, and one for each type that has thresholds.
    static let alerts: [Field<AgentConfiguration>] =
        [
            Field("alerts.leak.level", \.alerts.leakLevel, .choice(["suspected", "confirmed"])),
            Field("alerts.leak.for", \.alerts.leakHold, hold),
            Field("alerts.leak.clear_for", \.alerts.leakClearHold, hold),
            Field("alerts.leak.repeat_after", \.alerts.leakRepeatTime, .duration(0...(366 * 86_400))),
            Field("alerts.leak.horizon", \.alerts.leakHorizon, .duration(0...(3660 * 86_400))),
            Field("alerts.leak.urgent_within", \.alerts.leakUrgentTime, .duration(0...(366 * 86_400))),
            Field("alerts.leak.critical_within", \.alerts.leakCriticalTime, .duration(0...(366 * 86_400))),
            Field("alerts.quotas.per_user", \.alerts.quotas.perUser, .count(1...100_000)),
            Field("alerts.quotas.per_type", \.alerts.quotas.perType, .count(1...100_000)),
            Field("alerts.quotas.per_group", \.alerts.quotas.perGroup, .count(0...100_000)),
            Field("alerts.resolved_limit", \.alerts.resolvedLimit, .count(0...100_000)),
        ] + AlertType.allCases.filter { $0 != .leak }.flatMap(fields)

    private static let hold = ValueFormat.duration(0...604_800)

    private static func fields(of type: AlertType) -> [Field<AgentConfiguration>] {
        let key = "alerts.\(type.rawValue)"
        return threshold("\(key).warning", \.alerts[type].warning)
            + threshold("\(key).critical", \.alerts[type].critical)
            + [
                Field("\(key).clear_share", \.alerts[type].clearShare, .share()),
                Field("\(key).clear_for", \.alerts[type].clearHold, hold),
            ] + minimum("\(key).minimum", of: type)
    }

    /// Of the types whose value is a share of a limit.
    private static func minimum(_ key: String, of type: AlertType) -> [Field<AgentConfiguration>] {
        switch type {
        case .processMemory, .cgroupMemory: [Field(key, \.alerts[type].minimumBytes, .size(0...(1 << 50)))]
        case .descriptors: [Field(key, \.alerts[type].minimumCount, .count(0...1_000_000))]
        case .hostMemory, .hostCPU, .groupCPU, .pool, .leak: []
        }
    }

    private typealias Threshold = AlertThresholds.Threshold
    private typealias ThresholdPath = any WritableKeyPath<AgentConfiguration, Threshold?> & Sendable

    /// The section may be `off` as a whole; setting `above` switches it on.
    private static func threshold(_ key: String, _ place: ThresholdPath) -> [Field<AgentConfiguration>] {
        [off(key, place), above("\(key).above", place), hold("\(key).for", place)]
    }

    private static func off(_ key: String, _ place: ThresholdPath) -> Field<AgentConfiguration> {
        let expectation = "off, or a section with `above` and `for`"
        return Field(
            path: Field<AgentConfiguration>.split(key), shape: .text, expectation: expectation,
            set: { (root, raw) throws(ValueFault) in
                guard raw == .text("off") else { throw ValueFault(found: "\(raw)", expected: expectation) }
                root[keyPath: place] = nil
            },
            value: { $0[keyPath: place] == nil ? .text("off") : nil })
    }

    private static func above(_ key: String, _ place: ThresholdPath) -> Field<AgentConfiguration> {
        let format = ValueFormat.share()
        return Field(
            path: Field<AgentConfiguration>.split(key), shape: .text, expectation: format.expectation,
            set: { (root, raw) throws(ValueFault) in
                let above = try Field<AgentConfiguration>.parse(raw, format)
                root[keyPath: place] = Threshold(above: above, hold: root[keyPath: place]?.hold ?? 300)
            },
            value: { $0[keyPath: place].map { .text(format.text($0.above)) } })
    }

    private static func hold(_ key: String, _ place: ThresholdPath) -> Field<AgentConfiguration> {
        Field(
            path: Field<AgentConfiguration>.split(key), shape: .text, expectation: hold.expectation,
            set: { (root, raw) throws(ValueFault) in
                let seconds = try Field<AgentConfiguration>.parse(raw, hold)
                guard root[keyPath: place] != nil else {
                    throw ValueFault(found: "set without `above`", expected: "both")
                }
                root[keyPath: place]?.hold = seconds
            },
            value: { $0[keyPath: place].map { .text(hold.text($0.hold)) } })
    }
}

extension AlertThresholds {
    fileprivate var minimumBytes: UInt64 {
        get { UInt64(minimum) }
        set { minimum = Double(newValue) }
    }

    fileprivate var minimumCount: Int {
        get { Int(minimum) }
        set { minimum = Double(newValue) }
    }
}

extension AlertSettings {
    /// A type that is not listed has no threshold.
    fileprivate subscript(type: AlertType) -> AlertThresholds {
        get { thresholds[type] ?? AlertThresholds(warning: nil, critical: nil) }
        set { thresholds[type] = newValue }
    }
}
