import Dispatch
import Foundation
package import Logging
import Synchronization

/// Keeps what is logged, and holds up who logs a certain message until it is opened: a disk that hangs, for a test.
package final class LogGate: LogHandler {
    private let beginning: String
    private let recorded = Mutex<[String]>([])
    private let arrived = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    /// - Parameter beginning: of the message.
    package init(at beginning: String) { self.beginning = beginning }

    package var lines: [String] { recorded.withLock { $0 } }

    package var logger: Logger { Logger(label: "test") { _ in self } }

    /// Waits until somebody is held up, but not for ever.
    package func reached() async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [arrived] in
                _ = arrived.wait(timeout: .now() + 60)
                continuation.resume()
            }
        }
    }

    /// Lets one go on.
    package func open() { opened.signal() }

    package func log(event: LogEvent) {
        recorded.withLock { $0.append(event.message.description) }
        guard event.message.description.hasPrefix(beginning) else { return }
        arrived.signal()
        opened.wait()
    }

    package var metadata: Logger.Metadata {
        get { [:] }
        set { _ = newValue }
    }

    package var logLevel: Logger.Level {
        get { .trace }
        set { _ = newValue }
    }

    package subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set { _ = newValue }
    }
}
