import Alerting
import Foundation

/// What is pending for one destination; it decides what is sent next, and counts what is not.
protocol DeliveryBacklog: Sendable {
    var counters: DeliveryCounters { get }
    /// When there is something to send although nothing has been added.
    var due: ContinuousClock.Instant? { get }

    mutating func apply(_ settings: DeliverySettings)
    /// Takes changes, and all alerts that are active after them.
    mutating func add(_ events: [AlertEvent], active: [Alert])
    /// What to send now; `finish` gets the outcome.
    mutating func next(at now: ContinuousClock.Instant, wall: Double) -> DeliveryRequest?
    mutating func finish(_ outcome: DeliveryOutcome)
    /// Drops all that is pending.
    mutating func dropAll()
}

/// A JSON document to post.
struct DeliveryRequest: Equatable, Sendable {
    let body: Data
    /// The same for each attempt, so that the receiver can recognise a repetition.
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

/// What became of the alerts for one destination, since the agent's start.
///
/// All that was to be sent is delivered, failed, dropped, superseded or waiting.
package struct DeliveryCounters: Equatable, Sendable {
    /// Taken by the destination.
    package var delivered: UInt64 = 0
    /// Refused by the destination for good.
    package var failed: UInt64 = 0
    /// Given up for want of room in the queue, or, unless a journal keeps them for the next start, of time at the end.
    package var dropped: UInt64 = 0
    /// Not sent since a later change of the same alert made them pointless.
    package var superseded: UInt64 = 0
    /// Attempts that failed, and are made again.
    package var retried: UInt64 = 0
    /// Active alerts that Alertmanager was reminded of.
    package var resent: UInt64 = 0
    package var pending = 0

    package init() {}

    static func += (sum: inout Self, other: Self) {
        sum.delivered += other.delivered
        sum.failed += other.failed
        sum.dropped += other.dropped
        sum.superseded += other.superseded
        sum.retried += other.retried
        sum.resent += other.resent
        sum.pending += other.pending
    }
}

/// A destination and how it goes.
package struct DeliveryReport: Equatable, Sendable {
    package let kind: DeliveryAddress.Kind
    /// Without secrets.
    package let name: String
    package let counters: DeliveryCounters
    package let isUp: Bool
}
