import CLinux
import Glibc
import ProfileModel
import Sampling
import SystemSupport

/// SIGINT, SIGTERM and SIGHUP, at every stage of a command; and those that are passed on to a program that Sonde started.
///
/// A thread of their own takes them, so that none is lost while other threads wait for a disk, a pipe or a target. The
/// first asks the command to end; the second ends Sonde as that signal ends any program, whatever its threads do.
enum InterruptSignals {
    private struct State {
        var isRequested = false
        var wait = Wait.none
        /// Whether the terminal has got another size since that was asked for.
        var isResized = false
        var inherited = Inherited()
        /// Whether a signal ends Sonde that ends no wait.
        var endsAtOnce = false
        /// The pidfd of the program that signals are passed on to.
        var program: Int32?
        /// What is done before the second signal ends Sonde.
        var cleanUp: (@Sendable () -> Void)?
    }

    /// Whether there is something that the next signal ends, in the place of the command.
    private enum Wait {
        case none
        case going
        case cancelled
    }

    /// What Sonde has changed, and a program that it starts gets back.
    struct Inherited {
        fileprivate(set) var blocked = sigset_t()
        /// Whether SIGPIPE had its default action.
        fileprivate(set) var endsByPipeSignal = false
    }

    private static let state = Monitor(State())

    static var inherited: Inherited { state.read(\.inherited) }

    /// Blocks the signals, and starts to take them.
    ///
    /// To be called before any other thread is started, which inherits what is blocked, and after the worker's template is
    /// forked, which needs a process of one thread.
    ///
    /// - Parameters:
    ///   - startsProgram: Whether a program will be started that gets other signals too.
    ///   - endsAtOnce: Whether the first signal ends Sonde, unless it ends a cancellable wait.
    ///   - noticesResize: Whether `waitForEvent` ends when the terminal gets another size.
    static func install(
        startsProgram: Bool = false, endsAtOnce: Bool = false, noticesResize: Bool = false
    ) throws(CommandFailure) {
        let inherited = inheritedState()
        state.change { ($0.inherited, $0.endsAtOnce) = (inherited, endsAtOnce) }
        SamplingSession.blockChildSignal()
        let signals = endingSignals() + (startsProgram ? passedSignals : noticesResize ? [SIGWINCH] : [])
        change(SIG_BLOCK, signals)
        // A reader that has gone away is an error of write(2) like any other: SIGPIPE goes to the thread that writes, and
        // stays blocked there. One that somebody sends is taken below.
        if !startsProgram { _ = signal(SIGPIPE, SIG_IGN) }
        do {
            _ = try OwnedThread(name: "sonde-signals") { take(signals) }
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    /// Passes signals that somebody sends to Sonde on to a program that it started.
    ///
    /// What the terminal sends goes to the foreground's whole process group, and reaches the program without Sonde.
    static func pass(to program: ProcessID) {
        let handle = clinux_open_process(program.rawValue)
        guard handle >= 0 else { return }
        state.change { $0.program = handle }
    }

    /// Has something done before the second signal ends Sonde, while its threads go on; `nil` for nothing.
    static func beforeEnding(_ cleanUp: (@Sendable () -> Void)?) { state.change { $0.cleanUp = cleanUp } }

    /// Whether one of the ending signals has come.
    static var isRequested: Bool { state.read(\.isRequested) }

    /// Waits up to `nanoseconds` for one of the signals; returns whether one has come, now or before.
    static func wait(nanoseconds: UInt64) -> Bool {
        let deadline = MonotonicTime.now.advanced(by: .nanoseconds(Int64(clamping: nanoseconds)))
        return state.wait(until: deadline) { $0.isRequested ? true : nil } ?? false
    }

    /// From now on a signal ends no more than what is waited for.
    static func beginCancellableWait() { state.change { $0.wait = .going } }

    static func endCancellableWait() { state.change { $0.wait = .none } }

    /// Whether a signal has come since the wait began.
    static var isWaitCancelled: Bool { state.read { $0.wait == .cancelled } }

    enum Event {
        case endRequested
        /// The terminal has got another size.
        case resized
    }

    /// Waits up to `nanoseconds` for one of the signals, or for another size of the terminal; `nil` when neither came.
    static func waitForEvent(nanoseconds: UInt64) -> Event? {
        let deadline = MonotonicTime.now.advanced(by: .nanoseconds(Int64(clamping: nanoseconds)))
        return state.wait(until: deadline) { state in
            if state.isRequested { return .endRequested }
            guard state.isResized else { return nil }
            state.isResized = false
            return .resized
        }
    }

    /// What a command that has been interrupted ends with, before there is anything to write.
    static let failure = CommandFailure("interrupted before a sample was taken", exitCode: 130)

    private static func take(_ signals: [Int32]) {
        var set = set(signals)
        var last: (number: Int32, time: MonotonicTime)?
        while true {
            var information = unsafe siginfo_t()
            // Safe: the call only accesses its arguments.
            let number = unsafe sigwaitinfo(&set, &information)
            guard number > 0 else { continue }
            let isFromKernel = unsafe information.si_code > 0
            if !isFromKernel, let program = state.read(\.program) { _ = clinux_signal_process(program, number) }
            if number == SIGWINCH { state.change { $0.isResized = true } }
            guard !passedSignals.contains(number) else { continue }
            let now = MonotonicTime.now
            // timeout(1) sends its signal to the command and to the group that it is in, a closed terminal's shell and the
            // kernel each send SIGHUP: one request. A key press comes from the kernel.
            let isKeyPress = isFromKernel && number == SIGINT
            if let last, last.number == number, now.since(last.time) < 200_000_000, !isKeyPress { continue }
            last = (number, now)
            let isTaken = state.change { state in
                guard state.wait == .going else { return false }
                state.wait = .cancelled
                return true
            }
            if isTaken { continue }
            if state.read({ $0.isRequested || $0.endsAtOnce }) { end(by: number) }
            state.change { $0.isRequested = true }
        }
    }

    private static func inheritedState() -> Inherited {
        var state = Inherited()
        // Safe: the call fills the set.
        unsafe pthread_sigmask(SIG_BLOCK, nil, &state.blocked)
        state.endsByPipeSignal = clinux_ignores_signal(SIGPIPE) == 0
        return state
    }

    private static func end(by number: Int32) -> Never {
        state.read(\.cleanUp)?()
        _ = signal(number, SIG_DFL)
        change(SIG_UNBLOCK, [number])
        raise(number)
        // The first process of a PID namespace survives its own signals.
        _exit(128 + number)
    }

    /// Those that mean nothing to Sonde, and would end it.
    private static let passedSignals =
        [
            SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGPIPE, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSTKFLT,
        ] + (__libc_current_sigrtmin()...__libc_current_sigrtmax())

    /// All but a SIGHUP that nohup(1) has made Sonde ignore.
    private static func endingSignals() -> [Int32] {
        clinux_ignores_signal(SIGHUP) != 0 ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
    }

    private static func change(_ how: Int32, _ signals: [Int32]) {
        var signals = set(signals)
        // Safe: the call only accesses its arguments.
        unsafe pthread_sigmask(how, &signals, nil)
    }

    private static func set(_ signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        // Safe: both calls only change the set.
        unsafe sigemptyset(&set)
        for number in signals { unsafe sigaddset(&set, number) }
        return set
    }
}
