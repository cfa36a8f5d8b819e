/// Which unit and container a cgroup's path names.
struct CgroupName: Equatable, Sendable {
    let path: String
    /// The outermost systemd service or scope of the host, such as `nginx.service`; those inside a container are its own.
    let unit: String?
    let container: ContainerName?

    init(path: String) {
        self.path = path
        let components = path.split(separator: "/")
        container = ContainerName(components)
        let outside = components.prefix(container.map { $0.component + 1 } ?? components.count)
        unit = outside.first { $0.hasSuffix(".service") || $0.hasSuffix(".scope") }.map(String.init)
    }

    /// The group that a process has without rules; `nil` where its command decides.
    var defaultGroup: GroupKey? {
        if let container { return GroupKey(.container, GroupName.bounded(container.short)) }
        guard let unit, !Self.isPassing(unit) else { return nil }
        return GroupKey(.unit, GroupName.bounded(ConnectionUnit.template(of: unit) ?? unit))
    }

    /// Units that hold whatever a person or a job starts, under a name made for the occasion.
    private static func isPassing(_ unit: String) -> Bool {
        ["user@", "session-", "run-", "libpod-conmon-", "crio-conmon-"].contains { unit.hasPrefix($0) }
    }
}
