import AgentState
import Alerting
import HostWatch

/// An alert; times are seconds since 1970.
struct AlertBody: Encodable, Sendable {
    let id: String
    let type: String
    let state: String
    let severity: String
    /// `null` for the host.
    @Nullable var group: String?
    /// Of an alert about several processes, the one that is worst off.
    @Nullable var pid: Int32?
    @Nullable var command: String?
    @Nullable var startTicks: UInt64?
    /// The path of the cgroup that it is about.
    @Nullable var cgroup: String?
    /// The effective user of the process, or of the processes.
    @Nullable var uid: UInt32?
    /// Processes that it is about: more than 1 for those that are folded into one alert.
    let count: Int
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
        pid = alert.process?.process
        command = alert.process?.command
        startTicks = alert.process?.startTicks
        cgroup = alert.subject.cgroup
        uid = alert.subject.user
        count = alert.count
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
    /// How many there are in this state, of which these come first; `null` when that isn't known.
    @Nullable var total: Int?
    /// Why only those in memory are here; `null` when all were read that are kept.
    @Nullable var storeFailure: String?
    let alerts: [AlertBody]

    /// The active ones, the worst first.
    init(activeIn state: AgentState, limit: Int) {
        timestamp = state.snapshot.time.wall
        total = state.activeAlerts.count
        storeFailure = nil
        alerts = state.worstActiveAlerts.prefix(limit).map(AlertBody.init)
    }

    init(_ history: AlertHistory, at wall: Double) {
        timestamp = wall
        total = history.total
        storeFailure = history.storeFailure
        alerts = history.alerts.map(AlertBody.init)
    }
}
