import AlertDelivery
import Alerting
import Logging
import Synchronization
import TestSupport
import Testing

/// A deliverer that runs, and what it logs.
struct DeliveryScene: Sendable {
    let deliverer: AlertDeliverer
    let log = RecordedLog()

    /// Runs a deliverer with these settings while the body does, then shuts it down.
    static func run(
        _ settings: DeliverySettings, retry: RetryPolicy = .quick, journal path: String? = nil,
        body: (DeliveryScene) async throws -> Void
    ) async throws {
        let scene = DeliveryScene(retry: retry, journal: path)
        try await scene.deliverer.apply(settings)
        let running = Task { await scene.deliverer.run() }
        do {
            try await body(scene)
        } catch {
            running.cancel()
            await running.value
            throw error
        }
        await scene.deliverer.shutdown(within: .milliseconds(500))
        await running.value
    }

    /// - Parameter path: of the file that keeps what webhooks have yet to get.
    init(retry: RetryPolicy = .quick, journal path: String? = nil) {
        let log = log
        let logger = Logger(label: "test") { _ in log }
        deliverer = AlertDeliverer(
            identity: AgentIdentity(host: "db1", version: "1.2.3"), logger: logger, retry: retry,
            journal: path.map { DeliveryJournal(path: $0, logger: logger) })
    }

    /// The report of the named or only destination, once it is as wanted; `nil` when half a minute is over before.
    func report(of name: String? = nil, until isWanted: (DeliveryCounters) -> Bool) async throws -> DeliveryReport? {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let report = deliverer.reports.first { name == nil || $0.name == name }
            if let report, isWanted(report.counters) { return report }
            guard ContinuousClock.now < deadline else {
                Issue.record("waited too long for a state of \(String(describing: report)); log: \(log.lines)")
                return nil
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

extension RetryPolicy {
    static let quick = RetryPolicy(first: 0.02, longest: 0.1, faults: 20)
}

/// Keeps what is logged, one line an entry.
final class RecordedLog: LogHandler {
    private let recorded = Mutex<[String]>([])
    var lines: [String] { recorded.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set { _ = newValue }
    }

    var logLevel: Logger.Level {
        get { .trace }
        set { _ = newValue }
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set { _ = newValue }
    }

    func log(event: LogEvent) {
        let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        recorded.withLock { $0.append(([event.message.description] + details).joined(separator: " ")) }
    }
}

extension Alert {
    /// A leaking process's, since a minute ago by the wall clock of the year 2026.
    static func leak(
        _ number: Int32 = 4711, _ severity: Severity = .warning, state: State = .active,
        command: String = "redis-server", since: Double = 1_790_000_000
    ) -> Alert {
        Alert(
            id: "leak:\(number):815", type: .leak,
            subject: AlertSubject(group: "redis", process: number, command: command, startTicks: 815),
            state: state, severity: severity, value: 4096, threshold: 0, since: since,
            resolvedAt: state == .resolved ? since + 60 : nil, evidence: "grew 312 MiB in 6 h, full in 14 h",
            recommendation: "See what grows: sonde memory -p \(number).")
    }
}

extension AlertEvent {
    static func fired(_ number: Int32 = 4711) -> AlertEvent { AlertEvent(.fired, .leak(number), at: 1_790_000_000) }

    static func escalated(_ number: Int32 = 4711) -> AlertEvent {
        AlertEvent(.escalated, .leak(number, .critical), at: 1_790_000_030)
    }

    static func resolved(_ number: Int32 = 4711, _ severity: Alert.Severity = .warning) -> AlertEvent {
        AlertEvent(
            .resolved, .leak(number, severity, state: .resolved), at: 1_790_000_060, resolution: .ended)
    }
}
