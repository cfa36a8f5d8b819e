import Logging

/// Whether a destination takes alerts; writes to the log when that changes, and not at each attempt.
struct DestinationHealth: Sendable {
    private enum State: Sendable {
        case untried
        case up
        case unreachable
        case refusing
    }

    private let name: String
    private let logger: Logger
    private var state = State.untried
    private var hasDropped = false

    init(name: String, logger: Logger) {
        self.name = name
        self.logger = logger
    }

    /// A destination that was not tried yet counts as up.
    var isUp: Bool { state == .untried || state == .up }

    /// What waits is tried again.
    var isUnreachable: Bool { state == .unreachable }

    mutating func note(_ outcome: DeliveryOutcome) {
        switch outcome {
        case .delivered:
            if !isUp { logger.notice("alerts are delivered again", metadata: ["destination": "\(name)"]) }
            state = .up
            hasDropped = false
        case .refused(let reason):
            report("alerts are refused", reason, entering: .refusing)
        case .unavailable(let reason, _), .faulty(let reason):
            report("alerts can't be delivered; they are pending and will be retried", reason, entering: .unreachable)
        }
    }

    /// Logs once, until something is delivered again, that alerts are lost.
    mutating func noteDropped() {
        guard !hasDropped else { return }
        hasDropped = true
        logger.warning("the oldest pending alerts are dropped", metadata: ["destination": "\(name)"])
    }

    private mutating func report(_ message: Logger.Message, _ reason: String, entering new: State) {
        guard state != new else { return }
        state = new
        logger.warning(message, metadata: ["destination": "\(name)", "reason": "\(reason)"])
    }
}

/// How long to wait after a failed attempt, in seconds.
package struct RetryPolicy: Equatable, Sendable {
    package var first: Double
    package var longest: Double
    /// After how many errors of its own with the same document a destination counts as refusing it.
    package var faults: Int

    package static let standard = RetryPolicy(first: 0.5, longest: 60, faults: 20)

    package init(first: Double, longest: Double, faults: Int) {
        self.first = first
        self.longest = longest
        self.faults = faults
    }
}

/// Waits that double, spread so that many agents don't come back at the same moment.
struct RetrySchedule: Sendable {
    private let policy: RetryPolicy
    private var failures = 0
    private var faults = 0

    init(_ policy: RetryPolicy) { self.policy = policy }

    mutating func succeeded() { (failures, faults) = (0, 0) }

    /// Whether a destination has failed with a document so often that it counts as refused.
    mutating func isRefused() -> Bool {
        faults += 1
        return faults >= policy.faults
    }

    /// Seconds, between half of and the whole doubled wait; `atLeast` is what the destination asked for.
    mutating func next(
        atLeast asked: Double?, using random: inout some RandomNumberGenerator
    ) -> Double {
        let whole = min(policy.first * Double(1 << min(failures, 30)), policy.longest)
        failures += 1
        let wait = Double.random(in: 0.5...1, using: &random) * whole
        return max(wait, min(asked ?? 0, 5 * policy.longest))
    }
}
