/// Something that somebody should look at: a condition that held for long enough.
package struct Alert: Equatable, Sendable, Codable {
    package enum State: String, Sendable, Codable {
        case active
        case resolved
    }

    package enum Severity: String, Sendable, Codable, CaseIterable, Comparable {
        case warning
        case critical

        package static func < (left: Self, right: Self) -> Bool { left == .warning && right == .critical }
    }

    /// The same for the same type and subject, also after a restart: what deduplicates deliveries.
    package let id: String
    package let type: AlertType
    package let subject: AlertSubject
    package var state: State
    package var severity: Severity
    /// In the type's unit.
    package var value: Double
    package var threshold: Double
    /// Seconds since 1970: when the condition began to hold.
    package var since: Double
    /// Seconds since 1970; `nil` while it is active.
    package var resolvedAt: Double?
    /// What was measured, in words.
    package var evidence: String
    /// The next step for whoever is called.
    package var recommendation: String

    package init(
        id: String, type: AlertType, subject: AlertSubject, state: State, severity: Severity, value: Double,
        threshold: Double, since: Double, resolvedAt: Double?, evidence: String, recommendation: String
    ) {
        self.id = id
        self.type = type
        self.subject = subject
        self.state = state
        self.severity = severity
        self.value = value
        self.threshold = threshold
        self.since = since
        self.resolvedAt = resolvedAt
        self.evidence = evidence
        self.recommendation = recommendation
    }

    /// The same, over since the wall clock's time given, which may have been set back meanwhile.
    func resolved(at wall: Double) -> Alert {
        var alert = self
        alert.state = .resolved
        alert.resolvedAt = max(wall, since)
        return alert
    }
}

/// What is watched.
package enum AlertType: String, Sendable, Codable, CaseIterable {
    /// A process's anonymous memory and swap as a share of its limit, 0 to 1.
    case processMemory = "process_memory"
    /// A cgroup's unreclaimable memory as a share of its limit, 0 to 1.
    case cgroupMemory = "cgroup_memory"
    /// The host's memory in use as a share of all, 0 to 1.
    case hostMemory = "host_memory"
    /// The host's CPUs in use as a share of all, 0 to 1.
    case hostCPU = "host_cpu"
    /// A group's CPU as a share of all CPUs, 0 to 1.
    case groupCPU = "group_cpu"
    /// A process's open descriptors as a share of its limit, 0 to 1.
    case descriptors
    /// A connection pool's use as a share of its maximum, 0 to 1.
    case pool
    /// A process's growth in bytes a second, that the leak verdict found.
    case leak
}

/// Whom an alert is about: the host, a group, a pool, a cgroup or one process of a group.
package struct AlertSubject: Hashable, Sendable, Codable {
    /// The group's name; for a pool its name; for a cgroup the group of most of its processes; `nil` for the host.
    package let group: String?
    package let process: Int32?
    /// Hostile text.
    package let command: String?
    /// Start time after boot in clock ticks; with the number it identifies a process for good.
    package let startTicks: UInt64?
    /// The path of the cgroup; hostile text.
    package let cgroup: String?

    package static let host = AlertSubject(group: nil, process: nil, command: nil, startTicks: nil)

    package init(
        group: String?, process: Int32?, command: String?, startTicks: UInt64?, cgroup: String? = nil
    ) {
        self.group = group
        self.process = process
        self.command = command
        self.startTicks = startTicks
        self.cgroup = cgroup
    }
}
