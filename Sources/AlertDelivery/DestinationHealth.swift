import Logging

/// Whether a destination takes alerts; writes to the log when that changes, and not at each attempt.
struct DestinationHealth: Sendable {
    private enum State: Sendable {
        case untried
        case up
        case away
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
    var isAway: Bool { state == .away }

    mutating func note(_ outcome: DeliveryOutcome) {
        switch outcome {
        case .delivered:
            if !isUp { logger.notice("alerts are delivered again", metadata: ["destination": "\(name)"]) }
            state = .up
            hasDropped = false
        case .refused(let reason):
            report("alerts are refused", reason, entering: .refusing)
        case .unavailable(let reason, _), .faulty(let reason):
            report("alerts can't be delivered; they wait, and are tried again", reason, entering: .away)
        }
    }

    /// Says once, until something is delivered again, that alerts are lost.
    mutating func noteDropped() {
        guard !hasDropped else { return }
        hasDropped = true
        logger.warning("the oldest alerts that wait are dropped", metadata: ["destination": "\(name)"])
    }

    private mutating func report(_ message: Logger.Message, _ reason: String, entering new: State) {
        guard state != new else { return }
        state = new
        logger.warning(message, metadata: ["destination": "\(name)", "reason": "\(reason)"])
    }
}
