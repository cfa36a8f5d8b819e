package import AgentConfiguration
internal import Glibc
package import Logging
internal import ProcFS
internal import Synchronization
internal import SystemSupport

/// Where all loggers of the process write: standard error, or another descriptor.
package final class LogSink: Sendable {
    private struct State {
        var settings: LogSettings
        var limiter = LogRateLimiter()
    }

    private let isJournal: Bool
    private let queue: LogQueue
    private let threshold: Mutex<Logger.Level>
    private let state: Mutex<State>

    /// Seconds that the end of the process waits for the log's reader.
    private static let flushTimeout = 1.0

    /// Under journald, which sets `JOURNAL_STREAM` (systemd.exec(5)), each line begins with its level.
    ///
    /// - Parameter queueLimit: bytes that wait for the reader; records beyond are dropped and counted.
    package init(
        _ settings: LogSettings, descriptor: Int32 = STDERR_FILENO, queueLimit: Int = 1 << 20,
        environment: [String: String]
    ) {
        queue = LogQueue(descriptor: descriptor, limit: queueLimit)
        threshold = Mutex(Logger.Level(settings.level))
        state = Mutex(State(settings: settings))
        var status = stat()
        // Safe: the structure outlives the call.
        isJournal =
            unsafe fstat(descriptor, &status) == 0
            && environment["JOURNAL_STREAM"] == "\(status.st_dev):\(status.st_ino)"
    }

    package var level: Logger.Level { threshold.withLock { $0 } }

    /// From the next record on, as after a reload.
    package func change(to settings: LogSettings) {
        threshold.withLock { $0 = Logger.Level(settings.level) }
        state.withLock { $0.settings = settings }
    }

    /// For `Logger(label:factory:)` and `LoggingSystem.bootstrap`.
    package func handler(label: String) -> any LogHandler { SinkLogHandler(label: label, sink: self) }

    /// The same, of a logger whose records are not limited: it has bounds of its own.
    package func unlimitedHandler(label: String) -> any LogHandler {
        SinkLogHandler(label: label, sink: self, isLimited: false)
    }

    /// Writes a record, unless it is limited and too many of its kind were written.
    func write(_ record: LogRecord, isLimited: Bool) {
        let time = SystemClock.monotonic.seconds
        state.withLock { state in
            report(state.limiter.expired(at: time), record.time, state.settings.format)
            let key = "\(record.label) \(record.level): \(Self.words(of: record.message))"
            if !isLimited || state.limiter.admit(key, at: time) == .pass { put(record, state.settings.format) }
        }
    }

    /// Reports what was suppressed in windows that are over; to be called from time to time.
    package func reportSuppressed() {
        state.withLock {
            report($0.limiter.expired(at: SystemClock.monotonic.seconds), SystemClock.wall.seconds, $0.settings.format)
        }
    }

    /// Reports what was suppressed, before the process ends, and waits for up to a second until all is written.
    package func finish() {
        state.withLock { report($0.limiter.finish(), SystemClock.wall.seconds, $0.settings.format) }
        queue.flush(within: Self.flushTimeout)
    }

    private func report(_ suppressed: [LogRateLimiter.Suppressed], _ time: Double, _ format: LogSettings.Format) {
        for item in suppressed {
            let fields = [(key: "suppressed", value: "\(item.count)"), (key: "like", value: item.key)]
            put(
                LogRecord(
                    time: time, level: .warning, label: "log", message: "repeated messages were suppressed",
                    fields: fields), format)
        }
    }

    private func put(_ record: LogRecord, _ format: LogSettings.Format) {
        queue.add(Self.line(record, format, isJournal: isJournal)) { [isJournal] count in
            let record = LogRecord(
                time: SystemClock.wall.seconds, level: .warning, label: "log",
                message: "messages were dropped because the log was not read", fields: [("count", "\(count)")])
            return Self.line(record, format, isJournal: isJournal)
        }
    }

    private static func line(_ record: LogRecord, _ format: LogSettings.Format, isJournal: Bool) -> [UInt8] {
        Array(((isJournal ? record.journalPrefix : "") + record.line(format) + "\n").utf8)
    }

    /// The message without its digits: messages that differ by them alone are of one kind.
    private static func words(of message: String) -> String {
        String(message.unicodeScalars.prefix(120).filter { !("0"..."9").contains($0) })
    }
}

extension Logger.Level {
    package init(_ level: LogSettings.Level) {
        switch level {
        case .debug: self = .debug
        case .info: self = .info
        case .warning: self = .warning
        case .error: self = .error
        }
    }
}
