/// How long the store keeps what, in seconds, and how large it may grow.
package struct RetentionSettings: Equatable, Sendable {
    /// Readings as they were taken.
    package var raw: Double = 2 * 3600
    /// Readings of 5 minutes together.
    package var fiveMinutes: Double = 4 * 86_400
    /// Readings of an hour together.
    package var hour: Double = 90 * 86_400
    /// Alerts that are resolved.
    package var alerts: Double = 90 * 86_400
    /// The database and its write-ahead log together, in bytes; the oldest goes first.
    package var maximumBytes: UInt64 = 512 << 20

    package init() {}
}
