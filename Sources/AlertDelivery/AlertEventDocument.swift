import Alerting
import Foundation
import SystemSupport

/// An event as a webhook and the alert log get it: one JSON object.
///
/// Fields may be added, and are not taken away.
///
///     {"agent": {"name": "sonde", "version": "1.2.0"}, "host": "db1", "event": "fired" | "escalated" | "eased" |
///      "resolved", "key": TEXT, "time": TIME, "reason": TEXT (resolved only), "resolution": "cleared" | "ended" |
///      "not_watched" (resolved only), "alert": {"id", "type", "state": "active" | "resolved", "severity": "warning" |
///      "critical", "group", "pid", "command", "start_ticks", "cgroup", "uid" (where there are such), "count" (of
///      processes), "value", "threshold",
///      "since": TIME, "resolved_at": TIME (resolved only), "evidence", "recommendation"}}
///
/// Times are RFC 3339 in UTC. Group and command are what processes call themselves, and the parts of a cgroup's path what
/// its maker calls them: any text.
struct AlertEventDocument: Encodable {
    private let agent: Agent
    private let host: String
    private let event: String
    private let key: String
    private let time: String
    private let reason: String?
    private let resolution: String?
    private let alert: Content

    init(_ event: AlertEvent, from identity: AgentIdentity) {
        agent = Agent(name: "sonde", version: identity.version)
        host = identity.host
        self.event = event.transition.rawValue
        key = event.key
        time = event.time.timestamp
        reason = event.reason
        resolution = event.resolution?.rawValue
        alert = Content(event.alert)
    }

    /// One line of JSON, without its end; empty only if the encoder failed, which no event makes it do.
    var json: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return (try? encoder.encode(self)) ?? Data()
    }

    private struct Agent: Encodable {
        let name: String
        let version: String
    }

    private struct Content: Encodable {
        let id: String
        let type: String
        let state: String
        let severity: String
        let group: String?
        let pid: Int32?
        let command: String?
        let startTicks: UInt64?
        let cgroup: String?
        let uid: UInt32?
        let count: Int
        let value: Double
        let threshold: Double
        let since: String
        let resolvedAt: String?
        let evidence: String
        let recommendation: String

        init(_ alert: Alert) {
            id = alert.id
            type = alert.type.rawValue
            state = alert.state.rawValue
            severity = alert.severity.rawValue
            group = alert.subject.group.map { String($0.prefix(1000)) }
            pid = alert.process?.process
            command = alert.process?.command.map { String($0.prefix(1000)) }
            startTicks = alert.process?.startTicks
            cgroup = alert.subject.cgroup.map { String($0.prefix(1000)) }
            uid = alert.subject.user
            count = alert.count
            value = alert.value.isFinite ? alert.value : 0
            threshold = alert.threshold.isFinite ? alert.threshold : 0
            since = alert.since.timestamp
            resolvedAt = alert.resolvedAt?.timestamp
            evidence = alert.evidence
            recommendation = alert.recommendation
        }
    }
}

/// Who sends alerts.
package struct AgentIdentity: Equatable, Sendable {
    /// The host's name.
    package let host: String
    /// Of Sonde.
    package let version: String

    package init(host: String, version: String) {
        self.host = host
        self.version = version
    }
}

extension Double {
    /// Seconds since 1970 as `2026-11-21T13:42:04.123Z` (RFC 3339), within the years 1970 to 9999.
    var timestamp: String { UTCTimestamp(secondsSince1970: self).rfc3339 }
}
