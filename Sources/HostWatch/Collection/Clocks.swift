import Glibc

/// The clocks of a collection, in seconds.
package enum Clocks {
    /// The CPU time of the calling thread.
    static func threadCPU() -> Double { seconds(CLOCK_THREAD_CPUTIME_ID) }

    static func wall() -> Double { seconds(CLOCK_REALTIME) }

    static func monotonic() -> Double { seconds(CLOCK_MONOTONIC) }

    /// Since boot, suspended time included: what start times of processes count.
    static func sinceBoot() -> Double { seconds(CLOCK_BOOTTIME) }

    static let ticksPerSecond = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))

    package static func seconds(ofTicks ticks: UInt64) -> Double { Double(ticks) / ticksPerSecond }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        // Safe: the call fills the structure.
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
