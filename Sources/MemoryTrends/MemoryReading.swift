/// How much memory a process had at a moment.
///
/// Best is what leaks show in: heap bytes in use where known, else `RssAnon + VmSwap`, else PSS.
package struct MemoryReading: Sendable, Equatable {
    /// Seconds of a clock that doesn't jump, from any origin.
    package var seconds: Double
    package var bytes: UInt64

    package init(seconds: Double, bytes: UInt64) {
        self.seconds = seconds
        self.bytes = bytes
    }
}
