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
    package var waiting = 0

    package init() {}

    static func += (sum: inout Self, other: Self) {
        sum.delivered += other.delivered
        sum.failed += other.failed
        sum.dropped += other.dropped
        sum.superseded += other.superseded
        sum.retried += other.retried
        sum.resent += other.resent
        sum.waiting += other.waiting
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
