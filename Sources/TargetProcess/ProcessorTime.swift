internal import Glibc

/// CPU time, by which the cost of work is measured: it doesn't grow while others have the CPU.
package enum ProcessorTime {
    /// What the calling thread has used so far, in nanoseconds.
    package static var ofThisThread: UInt64 {
        var time = timespec()
        // Safe: the call fills the structure, and the clock always exists.
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
