import Alerting
import TestSupport
import Testing

/// Random series, judged by rules that are written down anew here, over the whole history.
@Suite struct AlertEnginePropertyTests {
    @Test(arguments: 0..<400 as Range<UInt64>) func randomSeriesKeepTheRules(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let thresholds = AlertThresholds.random(using: &random)
        var history = RandomHistory(thresholds: thresholds)
        for _ in 0..<400 { history.collect(using: &random) }
        #expect(history.violations == [])
    }

    @Test func theSeriesReachAllTransitions() {
        var seen: Set<AlertEvent.Transition> = []
        for seed in 0..<400 as Range<UInt64> {
            var random = SeededGenerator(state: seed)
            var history = RandomHistory(thresholds: .random(using: &random))
            for _ in 0..<400 { seen.formUnion(history.collect(using: &random).map(\.transition)) }
        }
        #expect(seen == Set(AlertEvent.Transition.allCases))
    }
}

/// One process's memory, wandering, sometimes unknown, sometimes late, sometimes gone.
private struct RandomHistory {
    let thresholds: AlertThresholds
    private var engine: AlertEngine
    private var collections: [(seconds: Double, value: Double?)] = []
    private var value = 0.5
    private var monotonic = 0.0
    private var absences = 0
    private var active: Alert.Severity?
    private(set) var violations: [String] = []

    init(thresholds: AlertThresholds) {
        self.thresholds = thresholds
        var settings = AlertSettings()
        settings.thresholds[.processMemory] = thresholds
        engine = AlertEngine(settings: settings, collectionInterval: 5)
    }

    @discardableResult
    mutating func collect(using random: inout SeededGenerator) -> [AlertEvent] {
        let seconds = Double.random(in: 0..<1, using: &random) < 0.05 ? 600.0 : 5
        monotonic += seconds
        if Int.random(in: 0..<6, using: &random) == 0 { value = Double.random(in: 0...1, using: &random) }
        let kind = Int.random(in: 0..<40, using: &random)
        let isUnknown = kind == 0
        absences = kind == 1 || (kind < 20 && absences > 0) ? absences + 1 : 0
        collections.append((min(seconds, 15), isUnknown || absences > 0 ? nil : value))
        let observation = isUnknown ? AlertObservation(unknown: .processMemory, .redis) : .memory(value)
        let events = engine.evaluate(absences > 0 ? [] : [observation], at: (monotonic, 1e9 + monotonic))
        if events.count > 1 { violations.append("\(events.count) events of one alert in one collection") }
        for event in events { judge(event) }
        judgeSilence(events)
        // Who has been away for two collections is forgotten.
        if absences >= 2 { collections = [] }
        return events
    }

    private mutating func judge(_ event: AlertEvent) {
        let severity = event.alert.severity
        switch (event.transition, active) {
        case (.fired, nil), (.escalated, .warning):
            if !holds(severity) { violations.append("\(event.transition) as \(severity) without its duration") }
            active = severity
        case (.eased, .critical):
            if !isClear(.critical) { violations.append("eased without its duration") }
            active = severity
        case (.resolved, .some):
            if event.resolution == .ended ? absences < 2 : !isClear(.warning) && !isClear(.critical) {
                violations.append("resolved (\(event.reason ?? "")) too early")
            }
            active = nil
        default: violations.append("\(event.transition) while \(String(describing: active))")
        }
    }

    /// What must have been said by now.
    private mutating func judgeSilence(_ events: [AlertEvent]) {
        if active == nil, absences == 0, collections.last?.value != nil, holds(.warning) || holds(.critical) {
            violations.append("silent although the condition holds")
        }
        if active != nil, absences >= 2 { violations.append("active although it has ended") }
    }

    private func threshold(_ severity: Alert.Severity) -> AlertThresholds.Threshold? {
        severity == .warning ? thresholds.warning : thresholds.critical
    }

    private func holds(_ severity: Alert.Severity) -> Bool {
        guard let threshold = threshold(severity) else { return false }
        return lasted { $0 > threshold.above } >= threshold.hold
    }

    private func isClear(_ severity: Alert.Severity) -> Bool {
        guard let threshold = threshold(severity) else { return false }
        return lasted { $0 <= threshold.above * (1 - thresholds.clearShare) } >= thresholds.clearHold
    }

    /// For how many seconds all known readings up to now have been so; negative when the last wasn't.
    private func lasted(_ isSo: (Double) -> Bool) -> Double {
        var (total, pending, isKnown) = (-1.0, 0.0, false)
        for collection in collections.reversed() {
            if let value = collection.value {
                guard isSo(value) else { break }
                total = isKnown ? total + pending : 0
                (pending, isKnown) = (0, true)
            }
            pending += collection.seconds
        }
        return total
    }
}

extension AlertThresholds {
    fileprivate static func random(using random: inout SeededGenerator) -> AlertThresholds {
        let holds: [Double] = [0, 5, 20, 60, 300]
        func threshold(_ range: ClosedRange<Double>) -> Threshold {
            Threshold(
                above: .random(in: range, using: &random), hold: holds.randomElement(using: &random) ?? 0)
        }
        let kind = Int.random(in: 0..<6, using: &random)
        var result = AlertThresholds(
            warning: kind == 0 ? nil : threshold(0.3...0.6), critical: kind == 1 ? nil : threshold(0.6...0.9))
        result.clearHold = holds.randomElement(using: &random) ?? 0
        return result
    }
}
