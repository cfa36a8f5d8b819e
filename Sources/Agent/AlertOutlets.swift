internal import AgentState
internal import AlertDelivery
internal import Alerting
internal import Foundation
internal import Logging
internal import ProfileModel
internal import Synchronization
internal import SystemSupport

/// Where alerts go: the agent's log, a file, webhooks and Alertmanagers.
///
/// `report` waits neither for a destination nor for the disk of the file or the journal.
final class AlertOutlets: Sendable {
    typealias Keep = @Sendable ([AlertEvent]) -> Void

    private struct State {
        var file: AlertLog?
        /// Lines of files that are not written to any more.
        var unwrittenBefore: UInt64 = 0
        var pending = PendingEvents()
        /// Passes pending events to the deliverer, as long as there are some.
        var passing: Task<Void, Never>?
    }

    /// For alerts alone: its records are not limited.
    private let alertLog: Logger
    private let log: Logger
    private let identity: AgentIdentity
    private let deliverer: AlertDeliverer
    private let state = Mutex(State())

    /// - Parameter stateDirectory: Where pending notifications to webhooks are kept, in `deliveries.jsonl`.
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

    /// Takes the events of a collection, and the alerts that are active after it; `keep` is called with the events once
    /// the journal has them.
    func report(_ events: [AlertEvent], active: [Alert], keep: @escaping Keep) {
        for event in events { log(event) }
        let excess = state.withLock { state in
            state.file?.write(events)
            let excess = state.pending.add(events, active: active)
            if state.passing == nil { state.passing = Task { await self.passAll(keep) } }
            return excess
        }
        if !excess.isEmpty {
            log.error(
                "alerts are dropped: the disk of the state directory hangs", metadata: ["alerts": "\(excess.count)"])
            keep(excess)
        }
    }

    private func passAll(_ keep: Keep) async {
        while let (events, active) = next {
            await deliverer.report(events, active: active)
            keep(events)
        }
    }

    private var next: (events: [AlertEvent], active: [Alert])? {
        state.withLock { state in
            let next = state.pending.take()
            if next == nil { state.passing = nil }
            return next
        }
    }

    /// Waits until what was reported is in the journal, and kept.
    func settle() async { await state.withLock(\.passing)?.value }

    /// Waits until what was reported is in the file, if there is one.
    func settleFile() async { await state.withLock(\.file)?.settle() }

    /// Events taken and lost since the start, by kind of destination.
    var counts: (delivered: [String: UInt64], failed: [String: UInt64]) {
        let dropped = state.withLock(\.pending.dropped)
        var (delivered, failed): ([String: UInt64], [String: UInt64]) = ([:], [:])
        for (kind, total) in deliverer.totals {
            delivered[kind.rawValue] = total.delivered
            failed[kind.rawValue] = total.failed + total.dropped + dropped
        }
        return (delivered, failed)
    }

    /// Their state, in the order of the settings.
    var destinations: [AgentHealth.Destination] {
        let pending = state.withLock(\.pending.count)
        return deliverer.reports.map { report in
            AgentHealth.Destination(
                kind: report.kind.rawValue, name: report.name, isUp: report.isUp,
                pending: report.counters.pending + pending)
        }
    }

    /// Lines of the alert file that could not be written, since the start.
    var unwrittenLines: UInt64 { state.withLock { $0.unwrittenBefore + ($0.file?.unwritten ?? 0) } }

    /// Delivers until `shutdown`, or until its task is cancelled.
    func run() async { await deliverer.run() }

    /// Makes `run` end.
    func shutdown(within limit: Duration) async { await deliverer.shutdown(within: limit) }

    private func log(_ event: AlertEvent) {
        let alert = event.alert
        var facts: Logger.Metadata = [
            "type": "\(alert.type.rawValue)", "severity": "\(alert.severity.rawValue)", "evidence": "\(alert.evidence)",
        ]
        facts["group"] = alert.subject.group.map { "\($0)" }
        facts["cgroup"] = alert.subject.cgroup.map { "\($0)" }
        facts["pid"] = alert.process?.process.map { "\($0)" }
        facts["reason"] = event.reason.map { "\($0)" }
        if event.transition != .resolved { facts["recommendation"] = "\(alert.recommendation)" }
        let level: Logger.Level = event.transition == .resolved || event.transition == .eased ? .notice : .warning
        alertLog.log(level: level, "alert \(event.transition.rawValue)", metadata: facts)
    }
}

/// Events of collections while the deliverer still waits for its journal's disk.
struct PendingEvents {
    private var events: [AlertEvent] = []
    /// After the latest collection; `nil` once it is passed on.
    private var active: [Alert]?
    /// Events for which there was no room.
    private(set) var dropped: UInt64 = 0

    /// More than one collection can have: each of the alerts that may be active begins and ends.
    private static let most = 5000

    var count: Int { events.count }

    /// Returns the oldest, for which there is no room.
    mutating func add(_ new: [AlertEvent], active: [Alert]) -> [AlertEvent] {
        events += new
        self.active = active
        let excess = Array(events.prefix(max(events.count - Self.most, 0)))
        events.removeFirst(excess.count)
        dropped += UInt64(excess.count)
        return excess
    }

    mutating func take() -> (events: [AlertEvent], active: [Alert])? {
        defer { (events, active) = ([], nil) }
        return active.map { (events, $0) }
    }
}
