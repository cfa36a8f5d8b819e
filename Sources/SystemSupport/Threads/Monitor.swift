internal import Glibc

/// A value that threads change and wait for.
///
/// The one way to wait with a deadline outside of tasks: it goes by `CLOCK_MONOTONIC`, and no thread polls.
@safe package final class Monitor<State: Sendable>: @unchecked Sendable {
    // Safe to share: every access to the value holds the mutex.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    package init(_ state: State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(changed, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    /// Changes the value and wakes the threads that wait for it.
    package func change<Result>(_ body: (inout State) -> Result) -> Result {
        // A waiting thread would wait for the mutex at once, if it were woken before that is free.
        defer { unsafe pthread_cond_broadcast(changed) }
        return locked { body(&state) }
    }

    /// Changes the value; wakes the threads that wait for it only if the change says that it matters to them.
    package func change<Result>(_ body: (inout State, inout Bool) -> Result) -> Result {
        var mustWake = false
        defer { if mustWake { unsafe pthread_cond_broadcast(changed) } }
        return locked { body(&state, &mustWake) }
    }

    package func read<Result>(_ body: (State) -> Result) -> Result { locked { body(state) } }

    /// Waits until `attempt` gives a result, which it may take out of the value; `nil` when the deadline has come.
    package func wait<Result>(
        until deadline: MonotonicTime? = nil, for attempt: (inout State) -> Result?
    ) -> Result? {
        locked {
            while true {
                if let result = attempt(&state) { return result }
                guard let deadline else {
                    unsafe pthread_cond_wait(changed, mutex)
                    continue
                }
                guard MonotonicTime.now < deadline else { return nil }
                // Beyond it, the sum of seconds could be out of the kernel's range.
                let seconds = min(deadline.nanoseconds / 1_000_000_000, 1 << 33)
                var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
                unsafe pthread_cond_timedwait(changed, mutex, &time)
            }
        }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }
}

/// Waits for a time to pass, where nothing announces what is waited for.
package func pause(for duration: Duration) { _ = OneTimeEvent().wait(for: duration) }

/// Something that happens once, and that threads wait for.
package final class OneTimeEvent: Sendable {
    private let hasHappened = Monitor(false)

    package init() {}

    package func signal() { hasHappened.change { $0 = true } }

    package func wait() { _ = wait(until: nil) }

    /// Whether it has happened before the deadline.
    package func wait(until deadline: MonotonicTime?) -> Bool {
        hasHappened.wait(until: deadline) { $0 ? true : nil } ?? false
    }

    /// Whether it has happened within a time.
    package func wait(for duration: Duration) -> Bool { wait(until: .now.advanced(by: duration)) }
}
