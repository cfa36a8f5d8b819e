import Alerting
import Foundation

/// What waits for one destination; it decides what is sent next, and counts what isn't.
protocol DeliveryBacklog: Sendable {
    var counters: DeliveryCounters { get }
    /// When there is something to send although nothing has been added.
    var due: ContinuousClock.Instant? { get }

    mutating func apply(_ settings: DeliverySettings)
    /// Takes changes, and all alerts that are active after them.
    mutating func add(_ events: [AlertEvent], active: [Alert])
    /// What to send now; `finish` tells what became of it.
    mutating func next(at now: ContinuousClock.Instant, wall: Double) -> DeliveryRequest?
    mutating func finish(_ outcome: DeliveryOutcome)
    /// Drops all that waits.
    mutating func giveUp()
}

/// A JSON document to post.
struct DeliveryRequest: Equatable, Sendable {
    let body: Data
    /// The same for each attempt, so that the receiver can tell a repetition.
    let idempotencyKey: String?
}

/// What became of an attempt.
enum DeliveryOutcome: Equatable, Sendable {
    case delivered
    /// The destination won't take it, however often it is sent.
    case refused(reason: String)
    /// The destination is away or asks for time, at least this many seconds of it.
    case unavailable(reason: String, retryAfter: Double?)
    /// The destination failed with it: an error of its own, or what is sent makes it fail.
    case faulty(reason: String)
}
