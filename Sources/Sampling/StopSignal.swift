internal import Glibc

/// SIGCHLD, by which the kernel announces that a traced thread has stopped (ptrace(2)).
///
/// Every thread of Sonde blocks it, so that it stays pending until somebody waits.
enum StopSignal {
    /// Blocks the signal in the calling thread and in all that it starts.
    ///
    /// It must not be ignored, as it is when Sonde's parent ignored it: the kernel would not send it at all.
    static func block() {
        _ = signal(SIGCHLD, SIG_DFL)
        var signals = set
        // Safe: the call only accesses its arguments.
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Whether a stop was announced within `nanoseconds`.
    static func wait(nanoseconds: UInt64) -> Bool {
        var signals = set
        var timeout = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        // Safe: the call only accesses its arguments.
        return unsafe sigtimedwait(&signals, nil, &timeout) == SIGCHLD
    }

    private static var set: sigset_t {
        var signals = sigset_t()
        // Safe: both calls only change the set.
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGCHLD)
        return signals
    }
}
