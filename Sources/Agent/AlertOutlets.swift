internal import AlertDelivery
internal import Alerting
internal import Foundation
internal import Logging
internal import ProfileModel

/// Where alerts are told: the agent's log, a file, webhooks and Alertmanagers.
actor AlertOutlets {
    private let log: Logger
    private let identity: AgentIdentity
    private let deliverer: AlertDeliverer
    private var file: AlertLog?
    /// Of files that are not written to any more.
    private var unwrittenBefore: UInt64 = 0

    /// - Parameter stateDirectory: Where what webhooks have yet to get is kept, in `deliveries.jsonl`.
    init(stateDirectory: String, log: Logger) {
        self.log = log
        identity = AgentIdentity(host: ProcessInfo.processInfo.hostName, version: Version.text)
        let journal = DeliveryJournal(path: stateDirectory + "/deliveries.jsonl", logger: log)
        deliverer = AlertDeliverer(identity: identity, logger: log, journal: journal)
    }

    /// Whether `apply` would take these.
    static func check(_ settings: DeliverySettings) throws(AgentError) {
        do {
            _ = try AlertDeliverer.addresses(of: settings)
        } catch {
            throw .delivery(error)
        }
    }

    /// Takes settings; the file is opened anew, since it may have been moved away.
    func apply(_ settings: DeliverySettings) async throws(AgentError) {
        do {
            try await deliverer.apply(settings)
        } catch {
            throw .delivery(error)
        }
        guard let path = settings.file else {
            unwrittenBefore = unwrittenLines
            file = nil
            return
        }
        if let file { file.reopen(.file(path)) } else { file = AlertLog(.file(path), identity: identity, logger: log) }
    }

    func report(_ events: [AlertEvent], active: [Alert]) async {
        for event in events { tell(event) }
        file?.write(events)
        await deliverer.report(events, active: active)
    }

    /// Events taken and lost since the start, by kind of destination.
    var counts: (delivered: [String: UInt64], failed: [String: UInt64]) {
        get async {
            var (delivered, failed): ([String: UInt64], [String: UInt64]) = ([:], [:])
            for (kind, total) in await deliverer.totals {
                delivered[kind.rawValue] = total.delivered
                failed[kind.rawValue] = total.failed + total.dropped
            }
            return (delivered, failed)
        }
    }

    /// Lines of the alert file that could not be written, since the start.
    var unwrittenLines: UInt64 { unwrittenBefore + (file?.unwritten ?? 0) }

    nonisolated func run() async { await deliverer.run() }

    nonisolated func shutdown() async { await deliverer.shutdown(within: .milliseconds(500)) }

    private func tell(_ event: AlertEvent) {
        let alert = event.alert
        var facts: Logger.Metadata = [
            "type": "\(alert.type.rawValue)", "severity": "\(alert.severity.rawValue)", "evidence": "\(alert.evidence)",
        ]
        facts["group"] = alert.subject.group.map { "\($0)" }
        facts["cgroup"] = alert.subject.cgroup.map { "\($0)" }
        facts["pid"] = alert.subject.process.map { "\($0)" }
        facts["reason"] = event.reason.map { "\($0)" }
        if event.transition != .resolved { facts["recommendation"] = "\(alert.recommendation)" }
        let level: Logger.Level = event.transition == .resolved || event.transition == .eased ? .notice : .warning
        log.log(level: level, "alert \(event.transition.rawValue)", metadata: facts)
    }
}
