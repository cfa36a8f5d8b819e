import CLinux
import Glibc
import SystemSupport

/// What the screen waits for, beside keys.
enum TopEvent: Hashable, Sendable {
    /// The terminal has another size.
    case resized
    /// Somebody asks Sonde to stop like a job.
    case suspended
    /// It goes on after a stop: others may have written to the terminal meanwhile.
    case continued
    /// An ending signal has come.
    case interrupted
    /// There is an update.
    case updated
}

/// Events of several threads for the one that draws.
///
/// A pipe wakes it, so that it can wait for keys at the same time.
final class TopEvents: Sendable {
    private let pending = Monitor<Set<TopEvent>>([])
    private let reading: OwnedDescriptor
    private let writing: OwnedDescriptor

    init() throws(CommandFailure) {
        var ends: [Int32] = [-1, -1]
        // Safe: the call fills both.
        guard unsafe pipe(&ends) == 0 else {
            throw CommandFailure("\(SystemCallError(call: "pipe", errno: errno))")
        }
        reading = OwnedDescriptor(owning: ends[0])
        writing = OwnedDescriptor(owning: ends[1])
    }

    func post(_ event: TopEvent) {
        let isFirst = pending.change { events in
            defer { events.insert(event) }
            return events.isEmpty
        }
        // One byte at a time is in the pipe, which therefore has room.
        var byte: UInt8 = 0
        if isFirst { _ = unsafe write(writing.rawValue, &byte, 1) }
    }

    /// What has happened since the last call.
    private func take() -> Set<TopEvent> {
        var byte: UInt8 = 0
        // Safe: the call writes one byte. There is one: this is called once poll(2) has said so.
        _ = unsafe read(reading.rawValue, &byte, 1)
        return pending.change { events in
            defer { events = [] }
            return events
        }
    }

    /// Waits for events and for keys; `nil` once the terminal is gone.
    func wait() -> Set<TopEvent>? {
        var sources = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: reading.rawValue, events: Int16(POLLIN), revents: 0),
        ]
        // Safe: the call only changes what it is given. A signal handler may interrupt it.
        while unsafe poll(&sources, nfds_t(sources.count), -1) == -1 { guard errno == EINTR else { return nil } }
        if sources[0].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { return nil }
        return sources[1].revents == 0 ? [] : take()
    }
}

/// Signals about the terminal and the job, which a thread turns into events.
struct TerminalSignals {
    private static let events: [(number: Int32, event: TopEvent)] = [
        (SIGWINCH, .resized), (SIGTSTP, .suspended), (SIGCONT, .continued),
    ]

    /// To be called before any other thread is started: a thread that has a signal not blocked would take it.
    static func block() {
        var signals = set
        // Safe: the call only reads the set.
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private static var set: sigset_t {
        var set = sigset_t()
        // Safe: both calls only change the set.
        unsafe sigemptyset(&set)
        for (number, _) in events { unsafe sigaddset(&set, number) }
        return set
    }

    /// Posts them from now on, and the ending ones.
    static func post(to receiver: TopEvents) throws(CommandFailure) {
        do {
            _ = try OwnedThread(name: "sonde-terminal") {
                var (set, number) = (Self.set, Int32(0))
                while true {
                    // Safe: the call only accesses its arguments.
                    guard unsafe sigwait(&set, &number) == 0 else { continue }
                    if let event = events.first(where: { $0.number == number })?.event { receiver.post(event) }
                }
            }
            _ = try OwnedThread(name: "sonde-ending") {
                while !InterruptSignals.wait(nanoseconds: .max) {}
                receiver.post(.interrupted)
            }
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    /// Stops Sonde as Ctrl-Z stops any program, until its shell continues it.
    ///
    /// Returns at once where nobody could continue it: the kernel ignores the signal in an orphaned process group.
    static func stop() {
        _ = signal(SIGTSTP, SIG_DFL)
        var signals = sigset_t()
        // Safe: the calls only access their arguments.
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGTSTP)
        raise(SIGTSTP)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
