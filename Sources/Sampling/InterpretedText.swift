package import ProfileModel
internal import SystemSupport

/// What became of interpreters' frames in a recording, for a person.
package struct InterpretedText {
    private let ledger: SampleLedger

    package init(_ ledger: SampleLedger) { self.ledger = ledger }

    /// Samples with interpreter loops; 0 where no interpreter was seen.
    package var samples: UInt64 { ledger.interpreted.total }

    /// Those in which it isn't known what a loop ran.
    package var unknown: [InterpreterLoss: UInt64] {
        var counts: [InterpreterLoss: UInt64] = [:]
        for case (.unknown(let loss), let count) in ledger.interpreted.counts { counts[loss] = count }
        return counts
    }

    package var unknownShare: Double {
        samples == 0 ? 0 : Double(unknown.values.reduce(0, &+)) / Double(samples)
    }

    /// `Python functions known in 99.8 % of their samples`; `nil` where no interpreter was seen.
    package var quality: String? {
        guard samples > 0 else { return nil }
        guard unknownShare > 0 else { return "Python functions known in all their samples" }
        return "Python functions unknown in \(NumberText.percent(unknownShare)) of their samples"
    }

    /// All figures of the frames; `nil` where no interpreter was seen.
    package var figures: String? {
        guard samples > 0 else { return nil }
        let losses = sortedLosses.map { "\(NumberText.grouped($0.count)) \($0.loss.rawValue)" }
        let rest = losses.isEmpty ? "" : ", functions unknown in \(losses.joined(separator: ", "))"
        return "\(NumberText.count(samples, "sample")) with an interpreter\(rest)"
    }

    /// How often threads held and waited for the lock; `nil` where that isn't known, or no thread did either.
    package var lock: String? {
        let locks = ledger.locks
        guard locks[.holds] + locks[.waits] > 0 else { return nil }
        func share(_ lock: InterpreterLock) -> String {
            NumberText.percent(Double(locks[lock]) / Double(max(1, locks.total)))
        }
        return "held in \(share(.holds)) of the samples of Python threads, waited for in \(share(.waits))"
    }

    /// What is wrong, with its remedy, where that concerns more than so much of the samples.
    package func warning(fromShare least: Double) -> String? {
        guard unknownShare > least, let main = sortedLosses.first else { return nil }
        let remedy = main.loss.remedy.map { ": \($0)" } ?? ""
        return "Python functions are unknown in \(NumberText.percent(unknownShare)) of their samples, most of which "
            + "\(main.loss.words) (\(main.loss.rawValue))\(remedy)"
    }

    private var sortedLosses: [(loss: InterpreterLoss, count: UInt64)] {
        unknown.map { (loss: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.loss.rawValue) < ($0.count, $1.loss.rawValue) }
    }
}

extension InterpreterLoss {
    /// Completes "samples, most of which …".
    fileprivate var words: String {
        switch self {
        case .notCopied: "came without the interpreter's frames"
        case .mismatch: "were taken while the interpreter changed its frames"
        case .tooDeep: "have more frames than are copied"
        case .unreadableCode: "name functions that could not be read"
        case .replacedCode: "name functions whose memory was given to others"
        case .unknownVersion: "are of a version that Sonde doesn't read"
        case .tooManyFunctions: "name more functions than are kept"
        }
    }

    fileprivate var remedy: String? {
        switch self {
        case .notCopied:
            "the first sample of a thread lacks them, and all of perf's without CAP_BPF and CAP_PERFMON; record for longer, "
                + "or with --sampler ptrace"
        case .unknownVersion: "sonde doctor -p PID shows it"
        case .tooManyFunctions: "record fewer processes"
        case .mismatch, .tooDeep, .unreadableCode, .replacedCode: nil
        }
    }
}
