internal import SystemSupport

/// The losses of a recording for a person: how many of which kind, and what to do about them.
package struct LossText {
    private let losses: [(reason: SampleLedger.Loss, count: UInt64)]

    package init(_ losses: Tally<SampleLedger.Loss>) {
        self.losses = losses.counts.map { (reason: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.reason.rawValue) < ($0.count, $1.reason.rawValue) }
    }

    /// The kind that most are of.
    package var mainReason: SampleLedger.Loss? { losses.first?.reason }

    /// `1,200 queue_full, 3 moved`: the most frequent first.
    package var list: String {
        losses.map { "\(NumberText.grouped($0.count)) \($0.reason.rawValue)" }.joined(separator: ", ")
    }

    /// `1,200 as unwinding was too far behind, 3 of threads …`: the same in plain words.
    package var words: String {
        losses.map { "\(NumberText.grouped($0.count)) \($0.reason.words)" }.joined(separator: ", ")
    }

    /// What to do about each kind, in the same order; none for those that only chance explains.
    package var remedies: [String] {
        losses.compactMap { loss in loss.reason.remedy.map { "\(loss.reason.rawValue): \($0)" } }
    }

    /// For each kind of at least so many losses that has a remedy: how many there were, and the remedy.
    package func warnings(fromCount least: UInt64) -> [String] {
        losses.compactMap { loss in
            guard loss.count >= least, let remedy = loss.reason.remedy else { return nil }
            return "\(NumberText.count(loss.count, "sample")) lost (\(loss.reason.rawValue)): \(remedy)"
        }
    }

    /// For a recording that has nothing else: all that is known of it; `nil` where nothing was lost but threads that
    /// ended.
    package var ofEmptyRecording: String? {
        guard losses.contains(where: { $0.reason != .ended }) else { return nil }
        let total = losses.reduce(0) { $0 &+ $1.count }
        let head = total == 1 ? "the only sample was lost" : "all \(NumberText.grouped(total)) samples were lost"
        return (["\(head): \(list)"] + remedies).joined(separator: "\n  ")
    }
}

extension SampleLedger.Loss {
    /// What comes behind the number of such losses.
    fileprivate var words: String {
        switch self {
        case .ended: "of threads that ended meanwhile"
        case .refused: "of threads that the kernel refused to trace"
        case .moved: "of threads that woke up or fell asleep meanwhile"
        case .queueFull: "because unwinding was too far behind"
        case .tooManyStacks: "because there were too many distinct stacks"
        case .lostBefore: "of threads that ran nothing since a lost sample"
        case .ringFull: "because the kernel's buffer was full"
        case .notStopped: "of threads that got no CPU to stop on"
        case .tooManyOpenFiles: "because too few files could be open"
        case .stuck: "because memory could not be read"
        case .workerCrashed: "because the worker crashed at them"
        case .workerTimeout: "because unwinding took too long"
        case .failed: "because a system call failed"
        }
    }

    /// The remedy for the user; `nil` where only a longer recording helps.
    fileprivate var remedy: String? {
        switch self {
        case .ended, .moved, .lostBefore: nil
        case .refused: "the kernel refuses to trace the threads; sonde doctor -p PID shows why"
        case .queueFull: "unwinding was too far behind; lower --rate"
        case .tooManyStacks:
            "there are more distinct stacks than are kept; record fewer processes, or for a shorter time"
        case .ringFull: "the kernel's ring was full; lower --rate"
        case .notStopped: "the threads got no CPU in time; --sampler perf samples them without a stop"
        case .tooManyOpenFiles: "raise the limit on open files (ulimit -Hn; systemd: LimitNOFILE)"
        case .stuck: "the process keeps a page of its memory from being read, and nothing can be done from outside"
        case .workerCrashed:
            "the worker crashed at the process's stacks or object files; please report it with the program's files"
        case .workerTimeout:
            "unwinding took longer than a stack may take; lower --rate, or record while the CPUs are less busy"
        case .failed: "a system call failed; sonde doctor -p PID shows what doesn't work here"
        }
    }
}
