package import ProfileModel

/// Why an event could not be opened, or its ring not be mapped (perf_event_open(2), "ERRORS").
package enum PerfEventError: Error, Hashable, Sendable {
    /// `EACCES`: `kernel.perf_event_paranoid` or the target's owner.
    case notPermitted
    /// `EPERM` or `ENOSYS`: a filter on Sonde's own system calls, or a security module.
    case filtered
    /// The thread has ended.
    case ended(ThreadID)
    /// No more descriptors, one for each thread and CPU.
    case tooManyEvents
    /// `kernel.perf_event_mlock_kb` and RLIMIT_MEMLOCK leave no room for the rings.
    case lockedMemory
    /// No CPU has a ring.
    case noProcessor
    case failed(errno: Int32)
}
