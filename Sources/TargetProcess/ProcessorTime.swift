internal import Glibc

/// CPU time, by which the cost of work is measured: it doesn't grow while others have the CPU.
package enum ProcessorTime {
    /// What the calling thread has used so far, in nanoseconds.
    package static var ofThisThread: UInt64 { nanoseconds(of: CLOCK_THREAD_CPUTIME_ID) }

    /// What all threads of Sonde have used so far, in nanoseconds.
    package static var ofThisProcess: UInt64 { nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID) }

    private static func nanoseconds(of clock: clockid_t) -> UInt64 {
        var time = timespec()
        // Safe: the call fills the structure, and both clocks always exist.
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
