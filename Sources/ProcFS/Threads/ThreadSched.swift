/// What the scheduler knows of a thread: `sched`, kernel/sched/debug.c; not in every kernel (`CONFIG_SCHED_DEBUG`).
package struct ThreadSched: Hashable, Sendable {
    /// When its CPU time was last brought up to date, in nanoseconds by the clock of the CPU that it was on.
    ///
    /// Of a thread that is on no CPU: when it lost its CPU. Of the thread that came next there: when it came, by the same
    /// reading of that clock, until the scheduler's next tick (`se.exec_start`).
    package let updatedAt: UInt64

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        // The first line begins with the thread's name, which may be anything but has no newline.
        _ = scanner.line(bytes)
        while !scanner.isAtEnd(of: bytes) {
            if scanner.accept(word: "se.exec_start", bytes) {
                updatedAt = try Self.milliseconds(&scanner, bytes).required("sched", "se.exec_start")
                return
            }
            _ = scanner.line(bytes)
        }
        throw .malformed(file: "sched", field: "se.exec_start")
    }

    /// Nanoseconds of ` : 1673798.792451`.
    private static func milliseconds(_ scanner: inout ByteScanner, _ bytes: Span<UInt8>) -> UInt64? {
        scanner.skipBlanks(bytes)
        guard scanner.accept(UInt8(ascii: ":"), bytes), let whole = scanner.decimal(bytes),
            scanner.accept(UInt8(ascii: "."), bytes)
        else { return nil }
        let start = scanner.offset
        guard let fraction = scanner.decimal(bytes), scanner.offset - start == 6 else { return nil }
        let (nanoseconds, overflow) = whole.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = nanoseconds.addingReportingOverflow(fraction)
        return overflow || carry ? nil : sum
    }
}

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
