import Alerting
import Foundation
import ProcFS
import SystemSupport

/// An alert as Alertmanager's API v2 takes it (`postableAlert` of its openapi.yaml).
struct AlertmanagerAlert: Encodable {
    let labels: [String: String]
    let annotations: [String: String]
    let startsAt: String
    let endsAt: String

    /// - Parameters:
    ///   - end: When it ended, or when it is over unless it is sent again; seconds since 1970.
    ///   - extra: Labels of the configuration; the alert's own go before them.
    init(_ alert: Alert, severity: Alert.Severity, end: Double, from identity: AgentIdentity, extra: [String: String]) {
        var labels = extra.filter { Self.isLabelName($0.key) }.mapValues(Self.labelValue)
        labels["instance"] = labels["instance"] ?? Self.labelValue(identity.host)
        labels["alertname"] = alert.type.alertName
        labels["severity"] = severity.rawValue
        let subject = alert.subject
        if let group = subject.group { labels[alert.type == .pool ? "pool" : "groupname"] = Self.labelValue(group) }
        if let process = subject.process { labels["pid"] = String(process) }
        // Of several processes, beside whom there are those of other users in the same group.
        if subject.isFolded, let user = subject.user { labels["uid"] = String(user) }
        if let command = subject.command { labels["command"] = Self.labelValue(command) }
        if let cgroup = subject.cgroup { labels["cgroup"] = Self.distinctLabelValue(cgroup) }
        // Alertmanager leaves out empty labels, or refuses them.
        self.labels = labels.filter { !$0.value.isEmpty }
        annotations = [
            "summary": "\(alert.type.title): \(Self.subject(of: alert)) on \(Self.labelValue(identity.host))",
            "description": alert.evidence,
            "recommendation": alert.recommendation,
        ]
        startsAt = alert.since.timestamp
        // It refuses an end before the start, which a clock that was set back makes.
        endsAt = max(end, alert.since).timestamp
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`.
    static func isLabelName(_ name: String) -> Bool {
        name.first?.isNumber == false && name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || $0.isASCIIAlphanumeric }
    }

    /// Printable, and at most 128 characters.
    private static func labelValue(_ text: String) -> String { String(printable(String(text.prefix(128))).prefix(128)) }

    /// Distinct for each text, also where the printable form is the same: alerts of cgroups differ in the path alone.
    ///
    /// Longer than others, since a container's name is at the end of a path.
    private static func distinctLabelValue(_ text: String) -> String {
        let plain = String(printable(String(text.prefix(250))).prefix(250))
        return plain == text ? plain : "\(plain.prefix(230))…\(text.stableHash)"
    }

    private static func subject(of alert: Alert) -> String {
        let subject = alert.subject
        if let cgroup = subject.cgroup { return "cgroup \(distinctLabelValue(cgroup))" }
        if subject.isFolded {
            let group = labelValue(subject.group ?? "?")
            guard alert.type == .leak else { return "\(alert.count) more processes of \(group)" }
            let process = alert.worst?.process.map { " (PID \($0))" } ?? ""
            return alert.count > 1 ? "\(alert.count) processes of \(group)" : group + process
        }
        guard let process = subject.process else { return subject.group.map(labelValue) ?? "the host" }
        return "\(labelValue(subject.command ?? "?")) (PID \(process))"
    }
}

extension AlertType {
    fileprivate var alertName: String {
        switch self {
        case .processMemory: "SondeProcessMemory"
        case .cgroupMemory: "SondeCgroupMemory"
        case .hostMemory: "SondeHostMemory"
        case .hostCPU: "SondeHostCPU"
        case .groupCPU: "SondeGroupCPU"
        case .descriptors: "SondeDescriptors"
        case .pool: "SondePool"
        case .leak: "SondeLeak"
        }
    }

    fileprivate var title: String {
        switch self {
        case .processMemory: "Memory near its limit"
        case .cgroupMemory: "Cgroup's memory near its limit"
        case .hostMemory: "Host memory nearly used up"
        case .hostCPU: "Host CPUs busy"
        case .groupCPU: "Group's CPU use is high"
        case .descriptors: "Descriptors nearly used up"
        case .pool: "Connection pool nearly used up"
        case .leak: "Memory leak"
        }
    }
}

extension UInt8 {
    fileprivate var isASCIIAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
