internal import AgentState
internal import AlertDelivery
internal import Alerting
internal import Foundation
internal import Logging
internal import ProfileModel
internal import Synchronization
internal import SystemSupport

/// Where alerts are told: the agent's log, a file, webhooks and Alertmanagers.
///
/// Whoever reports doesn't wait, neither for a destination nor for the disk of the file or the journal.
final class AlertOutlets: Sendable {
    typealias Keep = @Sendable ([AlertEvent]) -> Void

    private struct State {
        var file: AlertLog?
        /// Lines of files that are not written to any more.
        var unwrittenBefore: UInt64 = 0
        var untold = UntoldEvents()
        /// Hands over to the deliverer what is untold, as long as there is something.
        var telling: Task<Void, Never>?
    }

    /// Of alerts alone: none of its records is left out.
    private let alertLog: Logger
    private let log: Logger
    private let identity: AgentIdentity
    private let deliverer: AlertDeliverer
    private let state = Mutex(State())

    /// - Parameter stateDirectory: Where what webhooks have yet to get is kept, in `deliveries.jsonl`.
    init(stateDirectory: String, alertLog: Logger, log: Logger) {
        self.alertLog = alertLog
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
        state.withLock { state in
            if let path = settings.file, let file = state.file {
                file.reopen(path)
            } else if let path = settings.file {
                state.file = AlertLog(path: path, identity: identity, logger: log)
            } else {
                state.unwrittenBefore += state.file?.unwritten ?? 0
                state.file = nil
            }
        }
    }

    /// Takes what a look found, and the alerts that are active after it; `keep` is called with the events once webhooks
    /// are sure to get them.
    func report(_ events: [AlertEvent], active: [Alert], keep: @escaping Keep) {
        for event in events { tell(event) }
        let excess = state.withLock { state in
            state.file?.write(events)
            let excess = state.untold.add(events, active: active)
            if state.telling == nil { state.telling = Task { await self.tellAll(keep) } }
            return excess
        }
        if !excess.isEmpty {
            log.error(
                "alerts are dropped: the disk of the state directory hangs", metadata: ["alerts": "\(excess.count)"])
            keep(excess)
        }
    }

    private func tellAll(_ keep: Keep) async {
        while let (events, active) = next {
            await deliverer.report(events, active: active)
            keep(events)
        }
    }

    private var next: (events: [AlertEvent], active: [Alert])? {
        state.withLock { state in
            let next = state.untold.take()
            if next == nil { state.telling = nil }
            return next
        }
    }

    /// Waits until what was reported is in the journal, and kept.
    func settle() async { await state.withLock(\.telling)?.value }

    /// Waits until what was reported is in the file, if there is one.
    func settleFile() async { await state.withLock(\.file)?.settle() }

    /// Events taken and lost since the start, by kind of destination.
    var counts: (delivered: [String: UInt64], failed: [String: UInt64]) {
        let dropped = state.withLock(\.untold.dropped)
        var (delivered, failed): ([String: UInt64], [String: UInt64]) = ([:], [:])
        for (kind, total) in deliverer.totals {
            delivered[kind.rawValue] = total.delivered
            failed[kind.rawValue] = total.failed + total.dropped + dropped
        }
        return (delivered, failed)
    }

    /// How it goes, in the order of the settings.
    var destinations: [AgentHealth.Destination] {
        let untold = state.withLock(\.untold.count)
        return deliverer.reports.map { report in
            AgentHealth.Destination(
                kind: report.kind.rawValue, name: report.name, isUp: report.isUp,
                pending: report.counters.pending + untold)
        }
    }

    /// Lines of the alert file that could not be written, since the start.
    var unwrittenLines: UInt64 { state.withLock { $0.unwrittenBefore + ($0.file?.unwritten ?? 0) } }

    /// Delivers until `shutdown`, or until its task is cancelled.
    func run() async { await deliverer.run() }

    /// Makes `run` end.
    func shutdown(within limit: Duration) async { await deliverer.shutdown(within: limit) }

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
        alertLog.log(level: level, "alert \(event.transition.rawValue)", metadata: facts)
    }
}
