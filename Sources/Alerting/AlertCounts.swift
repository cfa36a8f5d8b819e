/// How many alerts are active, as `AlertQuotas` counts them.
struct AlertCounts: Sendable {
    private struct User: Hashable {
        let type: AlertType
        let user: UInt32?
    }

    private var byType: [AlertType: Int] = [:]
    private var byUser: [User: Int] = [:]
    /// Processes with alerts of their own, by the alert into which more would be folded.
    private var byFold: [AlertKey: Int] = [:]

    mutating func add(_ alert: Alert) { change(alert, by: 1) }

    mutating func remove(_ alert: Alert) { change(alert, by: -1) }

    /// Processes with alerts of their own, of the type, group and user of an alert of several.
    func processes(of fold: AlertKey) -> Int { byFold[fold] ?? 0 }

    /// Whether one more may fire.
    func hasRoom(for type: AlertType, _ user: UInt32?, within quotas: AlertQuotas) -> Bool {
        guard type.hasQuota else { return true }
        guard byType[type] ?? 0 < quotas.perType else { return false }
        return !type.isOfProcesses || byUser[User(type: type, user: user)] ?? 0 < quotas.perUser
    }

    private mutating func change(_ alert: Alert, by step: Int) {
        Self.change(&byType, alert.type, by: step)
        Self.change(&byUser, User(type: alert.type, user: alert.subject.user), by: step)
        if let folded = alert.subject.folded() { Self.change(&byFold, AlertKey(alert.type, folded), by: step) }
    }

    private static func change<Key>(_ counts: inout [Key: Int], _ key: Key, by step: Int) {
        let count = (counts[key] ?? 0) + step
        counts[key] = count > 0 ? count : nil
    }
}

extension AlertType {
    /// Whether the users who run processes decide how many there can be.
    fileprivate var hasQuota: Bool {
        switch self {
        case .processMemory, .descriptors, .leak, .groupCPU: true
        case .hostMemory, .hostCPU, .cgroupMemory, .pool: false
        }
    }

    fileprivate var isOfProcesses: Bool {
        switch self {
        case .processMemory, .descriptors, .leak: true
        case .hostMemory, .hostCPU, .cgroupMemory, .pool, .groupCPU: false
        }
    }
}
