import Alerting

/// An alert; times are seconds since 1970.
struct AlertBody: Encodable, Sendable {
    let id: String
    let type: String
    let state: String
    let severity: String
    /// `null` for the host.
    @Nullable var group: String?
    @Nullable var pid: Int32?
    @Nullable var command: String?
    @Nullable var startTicks: UInt64?
    @Nullable var value: Double?
    @Nullable var threshold: Double?
    /// Of `value` and `threshold`: `ratio` (0 to 1) or `bytes_per_second`.
    let unit: String
    let since: Double
    @Nullable var resolvedAt: Double?
    let evidence: String
    let recommendation: String

    init(_ alert: Alert) {
        id = alert.id
        type = alert.type.rawValue
        state = alert.state.rawValue
        severity = alert.severity.rawValue
        group = alert.subject.group
        pid = alert.subject.process
        command = alert.subject.command
        startTicks = alert.subject.startTicks
        value = finite(alert.value)
        threshold = finite(alert.threshold)
        unit = alert.type == .leak ? "bytes_per_second" : "ratio"
        since = alert.since
        resolvedAt = alert.resolvedAt
        evidence = alert.evidence
        recommendation = alert.recommendation
    }
}

struct AlertsBody: Encodable, Sendable {
    /// Of the state that these alerts are from, in seconds since 1970.
    let timestamp: Double
    let alerts: [AlertBody]
}
