package import Glibc

/// A clock of clock_gettime(2).
package struct SystemClock: Sendable {
    private let id: clockid_t

    private init(_ id: clockid_t) { self.id = id }

    /// Never jumps, and stands still while the machine is suspended.
    package static let monotonic = SystemClock(CLOCK_MONOTONIC)
    /// Since 1970 in UTC; may jump.
    package static let wall = SystemClock(CLOCK_REALTIME)
    /// Since the boot, suspended time included: what start times of processes count.
    package static let boot = SystemClock(CLOCK_BOOTTIME)
    /// The CPU time of the calling thread.
    package static let threadCPU = SystemClock(CLOCK_THREAD_CPUTIME_ID)
    /// The CPU time of all threads that this process has or had.
    package static let processCPU = SystemClock(CLOCK_PROCESS_CPUTIME_ID)

    /// The CPU time of all threads that a process has or had; `nil` when it has ended.
    ///
    /// clock_getcpuclockid(3); anyone may read it, and it takes about 0.1 µs a thread.
    ///
    /// For the kernel it is the sum of what `schedstat` shows as each thread's time on a CPU, and both are brought up to
    /// date at the same time: when a thread leaves its CPU, and at the scheduler's ticks (kernel/sched/cputime.c,
    /// thread_group_cputime()).
    package static func cpu(ofProcess process: pid_t) -> SystemClock? {
        var clock = clockid_t()
        // Safe: the call fills in the identifier.
        guard unsafe clock_getcpuclockid(process, &clock) == 0 else { return nil }
        return SystemClock(clock)
    }

    /// Nanoseconds; `nil` once the process of a CPU clock has ended.
    package var reading: UInt64? {
        var time = timespec()
        // Safe: the call fills the structure.
        guard unsafe clock_gettime(id, &time) == 0, time.tv_sec >= 0 else { return nil }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Nanoseconds; 0 only of a clock whose process has ended.
    package var nanoseconds: UInt64 { reading ?? 0 }

    package var seconds: Double { Double(nanoseconds) / 1e9 }
}
