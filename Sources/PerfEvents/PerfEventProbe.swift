internal import ProfileModel

/// Whether this process may sample by events at all.
package enum PerfEventProbe {
    /// Opens a ring and an event on the calling thread, and closes both.
    ///
    /// - Returns: whether the kernel's stacks are permitted too.
    package static func seesKernel() throws(PerfEventError) -> Bool {
        let rings = try PerfRings()
        do throws(PerfEventError) {
            _ = try rings.open(request(excludesKernel: false), of: callingThread)
            return true
        } catch .notPermitted {
            _ = try rings.open(request(excludesKernel: true), of: callingThread)
            return false
        }
    }

    /// What perf_event_open(2) takes for the calling thread.
    private static let callingThread = ThreadID(rawValue: 0)

    private static func request(excludesKernel: Bool) -> PerfEvent.Request {
        PerfEvent.Request(
            kind: .processorTime(nanoseconds: 1_000_000_000), inheritance: .nobody, stackBytes: 8,
            excludesKernel: excludesKernel)
    }
}
