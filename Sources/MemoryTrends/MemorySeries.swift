/// The memory of a process at a moment.
package struct MemoryReading: Equatable, Sendable {
    /// Seconds that only grow, from any origin.
    package var seconds: Double
    package var bytes: UInt64

    package init(seconds: Double, bytes: UInt64) {
        self.seconds = seconds
        self.bytes = bytes
    }
}
