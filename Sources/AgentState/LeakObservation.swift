import Alerting
import HostWatch
import MemoryTrends
import SystemSupport

/// What the leak verdict on a process means for the alert of its group.
struct LeakObservation {
    let subject: AlertSubject
    private let verdict: LeakVerdict?
    private let severity: Alert.Severity?
    /// Whether no suspicion says nothing: it grows no more since its memory is full.
    private let isFull: Bool

    /// Above this share of its limit, a process that grows no more may have stopped for lack of memory alone: the
    /// kernel can hold one there for minutes before it kills.
    private static let fullShare = 0.9

    init(_ process: ProcessMeasurement, _ verdict: LeakVerdict?, settings: AlertSettings) {
        subject = AlertSubject(process)
        self.verdict = verdict
        severity = verdict.flatMap { Self.severity(of: $0, settings) }
        isFull = verdict != nil && severity == nil && (process.memory.knownLimitShare.value ?? 0) > Self.fullShare
    }

    private static func severity(of verdict: LeakVerdict, _ settings: AlertSettings) -> Alert.Severity? {
        let left = verdict.secondsToLimit ?? .infinity
        guard verdict.level >= LeakLevel(rawValue: settings.leakLevel) ?? .suspected, verdict.level > .none else {
            return verdict.level == .warning && left <= settings.leakUrgentTime ? .warning : nil
        }
        if let left = verdict.secondsToLimit, left > settings.leakHorizon { return nil }
        return verdict.level == .confirmed && left <= settings.leakCriticalTime ? .critical : .warning
    }

    /// What the verdicts on all processes of a group and user are together.
    ///
    /// - Parameter isComplete: Whether all of them could be read.
    static func combined(
        _ members: [LeakObservation], of subject: AlertSubject, isComplete: Bool
    ) -> AlertObservation {
        let count = members.count { $0.severity != nil }
        guard let worst = members.max(by: { $1.isWorse(than: $0) }) else {
            return AlertObservation(unknown: .leak, subject)
        }
        if count == 0, !isComplete || members.contains(where: \.isFull) {
            return AlertObservation(unknown: .leak, subject)
        }
        return AlertObservation(
            .leak, subject, worst.reading(isTentative: members.contains(where: \.isTentative)),
            recommendation: AlertType.leak.recommendation(for: worst.subject), count: max(1, count),
            worst: worst.subject
        ) {
            let others = count > 1 ? "\(count) processes of the same group and user; the worst: " : ""
            return others + worst.evidence
        }
    }

    private func reading(isTentative: Bool) -> AlertObservation.Reading {
        let value = verdict?.slope ?? 0
        if severity == nil, verdict?.level ?? .none > .none { return .undecided(value: value) }
        return (severity == nil ? isTentative : self.isTentative)
            ? .tentative(severity, value: value) : .verdict(severity, value: value)
    }

    /// Whether it saw too little of its window to rule a leak out: after a restart without a store, a reset or an outage.
    private var isTentative: Bool {
        verdict?.findings.contains { [.tooFewReadings, .tooShort, .gap].contains($0) } ?? false
    }

    private var evidence: String {
        guard let verdict else {
            return
                "\(EvidenceText.name(of: subject)): its memory is small, or has moved too little to be judged since the "
                + "watch of it began"
        }
        return "\(EvidenceText.name(of: subject)): \(verdict.level.rawValue), \(verdict.evidence)"
    }

    /// By severity, then by level, then by the time that is left, then by growth.
    private func isWorse(than other: LeakObservation) -> Bool {
        other.rank < rank
    }

    /// Greater is worse, from the first figure that differs.
    private var rank: (severity: Double, suspicion: Double, negativeTimeLeft: Double, growth: Double) {
        let severity: Double =
            switch severity {
            case nil: 0
            case .warning: 1
            case .critical: 2
            }
        let isSuspicious = severity == 0 && verdict?.level ?? .none > .none
        let left = verdict?.secondsToLimit ?? .infinity
        return (severity, isSuspicious ? 1 : 0, -left, verdict?.slope ?? 0)
    }
}
