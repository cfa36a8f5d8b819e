/// A thread's time on and for CPUs: `schedstat`, the kernel's Documentation/scheduler/sched-stats.
///
/// In `/proc/PID` it is that of the first thread. All zero in kernels built without `CONFIG_SCHED_INFO`.
package struct Schedstat: Hashable, Sendable {
    /// Time on a CPU, in nanoseconds.
    package let runNanoseconds: UInt64
    /// Time spent runnable and waiting for a CPU, in nanoseconds.
    package let waitNanoseconds: UInt64
    /// How many times it was put on a CPU; a sleep is the same sleep while this stands still.
    package let timeslices: UInt64

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        runNanoseconds = try scanner.decimal(bytes).required("schedstat", "run")
        waitNanoseconds = try scanner.decimal(bytes).required("schedstat", "wait")
        timeslices = try scanner.decimal(bytes).required("schedstat", "timeslices")
    }
}
