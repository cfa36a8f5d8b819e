import SystemSupport

/// A condition that has held for long enough for somebody to be notified.
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

    /// The same for the same type and subject, also after a restart: receivers deduplicate by it.
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
    /// The next step for the person who is notified.
    package var recommendation: String
    /// Processes with the condition, for an alert of several processes (`AlertSubject.isFolded`); else 1.
    package var count: Int
    /// Of an alert of several processes, the one that is worst off; `nil` where that isn't known.
    package var worst: AlertSubject?

    package init(
        id: String, type: AlertType, subject: AlertSubject, state: State, severity: Severity, value: Double,
        threshold: Double, since: Double, resolvedAt: Double?, evidence: String, recommendation: String, count: Int = 1,
        worst: AlertSubject? = nil
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
        self.count = count
        self.worst = worst
    }

    /// The process that it is about, or of several the one that is worst off; `nil` where it is about no process.
    package var process: AlertSubject? { subject.process == nil ? worst : subject }

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
    /// A process's own memory, in RAM and swap, as a share of its limit, 0 to 1.
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
    /// The growth in bytes a second, of the process of a group and user that is worst off, that the leak verdict found.
    case leak
}

/// What an alert is about: the host, a group, a pool, a cgroup, one process of a group, or several of them.
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
    /// The effective user of the process, or of the processes, when the condition was seen first.
    package let user: UInt32?

    package static let host = AlertSubject(group: nil, process: nil, command: nil, startTicks: nil)

    package init(
        group: String?, process: Int32?, command: String?, startTicks: UInt64?, cgroup: String? = nil,
        user: UInt32? = nil
    ) {
        self.group = group
        self.process = process
        self.command = command
        self.startTicks = startTicks
        self.cgroup = cgroup
        self.user = user
    }

    /// Whether it is about several processes of a group and user: all whose memory is judged, or those beside processes with
    /// alerts of their own.
    package var isFolded: Bool { process == nil && user != nil }

    /// The subject of the alert into which those of further processes are folded; `nil` unless this is a process.
    package func folded() -> AlertSubject? {
        guard process != nil else { return nil }
        return AlertSubject(group: group, process: nil, command: nil, startTicks: nil, user: user ?? Self.unknownUser)
    }

    /// `(uid_t)-1`, which no process has.
    private static let unknownUser = UInt32.max
}

/// What makes two observations be about the same alert.
///
/// A process is known by its number and start time alone: its name, and with it its group, may change. So is a cgroup by
/// its path alone.
struct AlertKey: Hashable, Sendable {
    let type: AlertType
    /// Of a group, pool or cgroup.
    private let name: String?
    private let process: Int32?
    private let startTicks: UInt64?
    /// Of several processes.
    private let user: UInt32?

    init(_ type: AlertType, _ subject: AlertSubject) {
        self.type = type
        process = subject.process
        startTicks = subject.startTicks
        user = subject.isFolded ? subject.user : nil
        name = subject.process == nil ? subject.cgroup ?? subject.group : nil
    }

    /// `process_memory:4711:823456`, `process_memory:user:33:nginx` (several processes), `group_cpu:nginx`,
    /// `cgroup_memory:%2Fa.slice`, `host_cpu`: ASCII without blanks, at most 200 bytes.
    var id: String {
        if let process { return "\(type.rawValue):\(process):\(startTicks ?? 0)" }
        guard let name else { return type.rawValue }
        if let user { return "\(type.rawValue):user:\(user):\(Self.encoded(name))" }
        return "\(type.rawValue):\(Self.encoded(name))"
    }

    /// Percent-encoded (RFC 3986); what is too long ends with a hash of the whole.
    private static func encoded(_ name: String) -> String {
        let limit = 150
        var text = ""
        for byte in name.utf8 {
            guard text.utf8.count < limit else { return text + "~" + name.stableHash }
            let scalar = Unicode.Scalar(byte)
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_": text.unicodeScalars.append(scalar)
            default: text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }
}

extension String {
    /// A hash of its UTF-8 that is the same in every run, in hexadecimal.
    package var stableHash: String {
        var hash = FNV1a()
        hash.combine(utf8)
        return hash.hexadecimal
    }
}
