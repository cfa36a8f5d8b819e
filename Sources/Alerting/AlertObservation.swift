/// What one collection says about one thing that is watched.
package struct AlertObservation: Sendable {
    package enum Reading: Equatable, Sendable {
        /// In the type's unit, for the thresholds of the settings to judge; unknown unless finite.
        case value(Double)
        /// The same of a share of a limit, with what is used of it, in bytes or descriptors: it alerts only from the
        /// minimum of `AlertThresholds` on.
        case share(Double, used: Double)
        /// Judged already: how severe it is, `nil` for nothing to alert. The value is in the type's unit.
        case verdict(Alert.Severity?, value: Double)
        /// The same of less than it takes to be sure: it doesn't resolve what a verdict has fired.
        case tentative(Alert.Severity?, value: Double)
        /// Less than it takes to alert, and more than it takes to resolve what was alerted.
        case undecided(value: Double)
        /// The subject is there, but this collection could not read it: it neither fires nor resolves.
        case unknown
    }

    package let type: AlertType
    package let subject: AlertSubject
    package let reading: Reading
    /// What was measured, in words; called only for alerts that are active.
    package let evidence: @Sendable () -> String
    /// Processes with the condition, of a subject that is several processes, and the one that is worst off.
    package let count: Int
    package let worst: AlertSubject?
    /// The next step, where it isn't the same for all subjects of the type; one line without hostile text.
    package let recommendation: String?

    package init(
        _ type: AlertType, _ subject: AlertSubject, _ reading: Reading, recommendation: String? = nil,
        count: Int = 1, worst: AlertSubject? = nil, evidence: @escaping @Sendable () -> String
    ) {
        self.type = type
        self.subject = subject
        self.reading = reading
        self.recommendation = recommendation
        (self.count, self.worst) = (count, worst)
        self.evidence = evidence
    }

    /// Of something that is there, but of which nothing is known now.
    package init(unknown type: AlertType, _ subject: AlertSubject) {
        self.init(type, subject, .unknown) { "" }
    }

    /// In the type's unit; `nil` when it is unknown.
    var value: Double? {
        switch reading {
        case .value(let value), .share(let value, _), .verdict(_, let value), .tentative(_, let value),
            .undecided(let value):
            value.isFinite ? value : nil
        case .unknown: nil
        }
    }
}

/// The processes that a collection has something of, for what is not among its observations.
struct ObservedProcesses {
    private struct Identity: Hashable {
        let process: Int32
        let startTicks: UInt64?
    }

    private var identities: Set<Identity> = []
    private var groups: Set<AlertSubject> = []

    init(_ observations: [AlertObservation]) {
        for subject in observations.lazy.map(\.subject) {
            guard let process = subject.process, let group = subject.folded() else { continue }
            identities.insert(Identity(process: process, startTicks: subject.startTicks))
            groups.insert(group)
        }
    }

    /// Whether a process, or one of several, is among them; a subject that is no process is not.
    func contains(_ subject: AlertSubject) -> Bool {
        guard let process = subject.process else { return groups.contains(subject) }
        return identities.contains(Identity(process: process, startTicks: subject.startTicks))
    }
}
