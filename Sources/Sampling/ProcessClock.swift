internal import Glibc
internal import ProfileModel

/// The CPU time of all threads that a process has or had.
///
/// clock_getcpuclockid(3); anyone may read it, and it takes about 0.1 µs a thread.
///
/// For the kernel it is the sum of what `schedstat` shows as each thread's time on a CPU, and both are brought up to date
/// at the same moments: when a thread leaves its CPU, and at the scheduler's ticks (kernel/sched/cputime.c,
/// thread_group_cputime()).
struct ProcessClock {
    private let id: clockid_t

    /// `nil` when the process has ended.
    init?(of process: ProcessID) {
        var clock = clockid_t()
        // Safe: the call fills in the identifier.
        guard unsafe clock_getcpuclockid(process.rawValue, &clock) == 0 else { return nil }
        id = clock
    }

    /// Nanoseconds; `nil` once the process has ended.
    var nanoseconds: Int64? {
        var time = timespec()
        // Safe: the call fills in the structure.
        guard unsafe clock_gettime(id, &time) == 0 else { return nil }
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
