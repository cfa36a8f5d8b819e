import Glibc
import Sampling

/// SIGINT, SIGTERM and SIGHUP as something to wait for.
///
/// A second one ends the program at once.
enum InterruptSignals {
    private static let numbers = [SIGINT, SIGTERM, SIGHUP]

    /// Keeps the signals pending until `wait` takes them.
    ///
    /// To be called before any thread is started.
    static func hold() {
        SamplingSession.blockChildSignal()
        // A reader that has gone away is an error of write(2) like any other.
        _ = signal(SIGPIPE, SIG_IGN)
        change(SIG_BLOCK)
    }

    /// Waits up to `nanoseconds` for one of the signals; returns whether one came.
    ///
    /// After the first, the next ends the program as it does any other.
    static func wait(nanoseconds: UInt64) -> Bool {
        var signals = set
        var timeout = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        // Safe: the call only accesses its arguments.
        guard unsafe sigtimedwait(&signals, nil, &timeout) > 0 else { return false }
        change(SIG_UNBLOCK)
        return true
    }

    private static func change(_ how: Int32) {
        var signals = set
        // Safe: the call only accesses its arguments.
        unsafe pthread_sigmask(how, &signals, nil)
    }

    private static var set: sigset_t {
        var signals = sigset_t()
        // Safe: both calls only change the set.
        unsafe sigemptyset(&signals)
        for number in numbers { unsafe sigaddset(&signals, number) }
        return signals
    }
}
