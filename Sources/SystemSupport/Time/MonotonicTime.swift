/// Nanoseconds of `CLOCK_MONOTONIC`.
package struct MonotonicTime: Comparable, Hashable, Sendable {
    package let nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package static var now: MonotonicTime { MonotonicTime(nanoseconds: SystemClock.monotonic.nanoseconds) }

    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The nanoseconds from `earlier` to this time; 0 when it is later.
    package func since(_ earlier: MonotonicTime) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
    }

    package func advanced(by nanoseconds: UInt64) -> MonotonicTime {
        MonotonicTime(nanoseconds: self.nanoseconds &+ nanoseconds)
    }

    /// This time for a negative duration; the end of time where the sum is beyond it.
    package func advanced(by duration: Duration) -> MonotonicTime {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return self }
        let (whole, overflowed) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carried) = nanoseconds.addingReportingOverflow(whole)
        let (end, carriedAgain) = sum.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000)
        return MonotonicTime(nanoseconds: overflowed || carried || carriedAgain ? .max : end)
    }
}

/// CPU time, by which the cost of work is measured: it doesn't grow while others have the CPU.
package enum ProcessorTime {
    /// What the calling thread has used so far, in nanoseconds.
    package static var ofThisThread: UInt64 { SystemClock.threadCPU.nanoseconds }

    /// What all threads of Sonde have used so far, in nanoseconds.
    package static var ofThisProcess: UInt64 { SystemClock.processCPU.nanoseconds }
}
