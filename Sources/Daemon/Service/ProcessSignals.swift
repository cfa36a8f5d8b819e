internal import Dispatch
internal import Glibc

/// The signals for reading the configuration again, and for ending.
package final class ProcessSignals {
    package enum Event: Sendable {
        /// SIGHUP.
        case reload
        /// SIGTERM or SIGINT; a second one ends the process at once.
        case terminate
    }

    package let stream: AsyncStream<Event>
    private let sources: [any DispatchSourceSignal]

    /// Takes the signals from here on; SIGPIPE is ignored.
    package init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(16))
        self.stream = stream
        let queue = DispatchQueue(label: "signals")
        sources = [SIGHUP, SIGTERM, SIGINT].map { number in
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if number != SIGHUP { [SIGTERM, SIGINT].forEach { _ = signal($0, SIG_DFL) } }
                continuation.yield(number == SIGHUP ? .reload : .terminate)
            }
            source.activate()
            return source
        }
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
