/// How the leak watch judges.
package struct LeakWatchSettings: Equatable, Sendable {
    package var isEnabled = true
    /// How often verdicts are renewed, in seconds.
    package var interval: Double = 30
    /// The windows over which growth is judged, in seconds, ascending.
    package var windows: [Double] = [3600, 6 * 3600, 72 * 3600]
    /// Processes that never used more are not judged, in bytes.
    package var minimumBytes: UInt64 = 8 << 20

    package init() {}
}
