internal import Glibc
internal import ProcFS
internal import SystemSupport

/// Reports the agent's state to the service manager: sd_notify(3).
package struct ServiceNotifier: Sendable {
    package enum State: Sendable {
        case ready
        /// To be followed by `.ready` or another status.
        case reloading
        case stopping
        /// It is alive; due each `watchdogInterval`.
        case watchdog
        /// One line for people.
        case status(String)
    }

    /// How often `.watchdog` has to be sent, in seconds: half of what the manager waits; `nil` where it doesn't.
    package let watchdogInterval: Double?
    private let address: SocketAddress

    /// From `NOTIFY_SOCKET`; `nil` where no service manager listens.
    package init?(environment: [String: String]) throws(NotifyError) {
        guard let path = environment["NOTIFY_SOCKET"], !path.isEmpty else { return nil }
        address = try SocketAddress(path)
        watchdogInterval = Self.interval(environment)
    }

    /// sd_watchdog_enabled(3).
    private static func interval(_ environment: [String: String]) -> Double? {
        if let process = environment["WATCHDOG_PID"], process != "\(getpid())" { return nil }
        guard let microseconds = environment["WATCHDOG_USEC"].flatMap({ UInt64($0) }), microseconds > 0 else {
            return nil
        }
        return Double(microseconds) / 2e6
    }

    /// Sends all states in one message; it never waits.
    package func send(_ states: [State]) throws(NotifyError) {
        let message = Array(states.map(Self.lines).joined(separator: "\n").utf8)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .failed(errno: errno) }
        defer { close(descriptor) }
        while true {
            let count = unsafe address.withPointer { pointer, length in
                // Safe: the message and the address outlive the call.
                unsafe sendto(
                    descriptor, message, message.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT),
                    pointer, length)
            }
            if count >= 0 { return }
            guard errno == EINTR else { throw .failed(errno: errno) }
        }
    }

    private static func lines(_ state: State) -> String {
        switch state {
        case .ready: "READY=1"
        case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(SystemClock.monotonic.nanoseconds / 1_000)"
        case .stopping: "STOPPING=1"
        case .watchdog: "WATCHDOG=1"
        case .status(let text): "STATUS=\(printable(String(text.prefix(1000))))"
        }
    }
}

/// Why the service manager could not be notified; the agent works on.
package enum NotifyError: Error, Hashable, Sendable {
    /// `NOTIFY_SOCKET` is neither a path nor the name of an abstract socket, or is too long for one.
    case unsupportedAddress(String)
    case failed(errno: Int32)
}

extension NotifyError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unsupportedAddress(let text):
            "NOTIFY_SOCKET is \(printable(String(text.prefix(120)))), and only /PATH and @NAME are supported"
        case .failed(let number): "the service manager can't be notified: \(errorText(number))"
        }
    }
}
