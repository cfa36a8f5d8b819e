internal import CLinux
internal import Glibc
internal import ProcFS
package import ProfileModel
internal import SystemSupport

/// One short stop of one thread.
///
/// The thread is seized for this stop alone and let go at its end, so that between samples it is not traced: signals,
/// debuggers, `exec` and its parent's `wait` find it as it would be without Sonde. Whatever the state, `deinit` lets the
/// thread run on. When Sonde itself is killed, the kernel does (ptrace(2), "Death of tracer").
///
/// ptrace binds a tracee to the kernel thread that seized it: a stop never leaves its thread.
package final class ThreadStop {
    package let thread: ThreadID
    private var state: State
    private var isSystemCallKept = false

    private enum State {
        /// Asked to stop, and not yet stopped: it may be waiting for a CPU.
        case requested
        /// `signal` was about to be delivered, and is passed on at the release; 0 for none.
        case stopped(signal: Int32)
        /// It was killed while it stood, and can't be let go: it is Sonde's to take note of its end.
        case dying
        case released
    }

    /// What `poll()` found.
    package enum Outcome {
        case notYetStopped
        case stopped
        case gone
    }

    /// Seizes the thread and asks it to stop.
    ///
    /// It stops at its next return from the kernel.
    package init(of thread: ThreadID) throws(PtraceError) {
        self.thread = thread
        let refusal = clinux_seize(thread.rawValue)
        guard refusal == 0 else { throw PtraceError(errno: refusal) }
        state = .requested
        // It fails for a thread that is ending, which `poll()` will find.
        _ = clinux_interrupt(thread.rawValue)
    }

    deinit { release(waitingAtMost: 1_000) }

    /// Asks, without waiting, whether the thread has stopped.
    package func poll() -> Outcome {
        switch state {
        case .stopped: return .stopped
        case .released: return .gone
        case .requested, .dying: break
        }
        var detail: CInt = 0
        let outcome = unsafe clinux_wait_tracee(thread.rawValue, &detail)
        switch outcome {
        case CLINUX_WAIT_NOTHING: return .notYetStopped
        case _ where isDying && outcome != CLINUX_WAIT_GONE && outcome != CLINUX_WAIT_FAILED: return .notYetStopped
        case CLINUX_WAIT_EVENT_STOP, CLINUX_WAIT_GROUP_STOP: state = .stopped(signal: 0)
        case CLINUX_WAIT_SIGNAL_STOP: state = .stopped(signal: detail)
        default:
            state = .released
            if !isOwnChild { clinux_reap_tracee(thread.rawValue) }
            return .gone
        }
        return .stopped
    }

    /// Whether the thread is the first of a process that Sonde has started, and will wait for.
    private var isOwnChild: Bool {
        guard let process = try? ProcFS().process(ProcessID(rawValue: thread.rawValue)),
            let status = try? process.status(), status.process == process.process
        else { return false }
        return (try? process.stat().parent)?.rawValue == getpid()
    }

    /// The registers of the stopped thread.
    package func registers() throws(PtraceError) -> NativeRegisters {
        var read = clinux_registers()
        let failure = unsafe clinux_get_registers(thread.rawValue, &read)
        guard failure == 0 else { throw PtraceError(errno: failure) }
        if !isSystemCallKept { keepSystemCallFromFailing(read) }
        isSystemCallKept = true
        return NativeRegisters(read)
    }

    /// Memory of the stopped thread that the kernel writes to when it puts the thread on another CPU (rseq(2)).
    ///
    /// The C library keeps it beside the thread's stack. Nothing where the kernel (before 5.13) doesn't say.
    package func restartableSequenceArea() -> Range<Address> {
        var (address, size): (UInt64, UInt32) = (0, 0)
        // Safe: the call fills both, or neither.
        let failure = unsafe clinux_get_rseq_area(thread.rawValue, &address, &size)
        let start = Address(rawValue: failure == 0 ? address : 0)
        let end = start.rawValue.addingReportingOverflow(UInt64(size))
        return failure == 0 && !end.overflow ? start..<Address(rawValue: end.partialValue) : start..<start
    }

    /// Whether the thread was killed while it stood: its process can't end before `poll()` has said `.gone`.
    package var isDying: Bool {
        if case .dying = state { true } else { false }
    }

    /// Lets the thread run on, with the signal that it was about to get.
    package func release() {
        guard case .stopped(let signal) = state else { return }
        // A stop whose registers nobody wanted interrupts a system call no less.
        if !isSystemCallKept { _ = try? registers() }
        let isReleased = clinux_detach(thread.rawValue, signal) == 0
        state = isReleased ? .released : .dying
    }

    private func release(waitingAtMost attempts: Int) {
        var left = attempts
        while left > 0 {
            if case .stopped = poll() { release() }
            guard isTraced else { return }
            pause(for: .microseconds(100))
            left -= 1
        }
    }

    private var isTraced: Bool {
        if case .released = state { false } else { true }
    }

    /// Starts a system call again that the stop would make fail with `EINTR`.
    ///
    /// Some calls (`epoll_wait`, `semop`, timed `recv`; signal(7)) return `EINTR` after any stop. A thread that was running
    /// when it was chosen can have gone to sleep in one just before the stop. The call has done nothing yet, so that
    /// entering it again is what the program would have seen without the stop. When a real signal is pending, the
    /// program must see its `EINTR`.
    private func keepSystemCallFromFailing(_ registers: clinux_registers) {
        guard case .stopped(signal: 0) = state, registers.return_value == -Int64(EINTR),
            RestartableSystemCalls.numbers.contains(registers.system_call)
        else { return }
        var isPending: CInt = 1
        guard unsafe clinux_has_pending_signal(thread.rawValue, &isPending) == 0, isPending == 0 else { return }
        _ = clinux_restart_system_call(thread.rawValue)
    }
}

@available(*, unavailable)
extension ThreadStop: Sendable {}
