/// What the path of a cgroup says about who manages the process.
struct CgroupName: Equatable, Sendable {
    let path: String
    /// The outermost systemd service or scope, such as `nginx.service`.
    let unit: String?
    /// The innermost container's identifier, of 64 hexadecimal digits.
    let container: String?

    init(path: String) {
        self.path = path
        let components = path.split(separator: "/")
        unit = components.first { $0.hasSuffix(".service") || $0.hasSuffix(".scope") }.map(String.init)
        container = components.lazy.reversed().compactMap(Self.container).first
    }

    /// The group that a process has without rules; `nil` where only its command tells.
    var defaultGroup: String? {
        if let container { return Self.short(container) }
        guard let unit, !Self.isPassing(unit) else { return nil }
        return unit
    }

    /// The identifier as container tools show it.
    static func short(_ container: String) -> String { String(container.prefix(12)) }

    /// Units that hold whatever a person or a job starts, under a name made for the occasion.
    private static func isPassing(_ unit: String) -> Bool {
        ["user@", "session-", "run-", "libpod-conmon-", "crio-conmon-"].contains { unit.hasPrefix($0) }
    }

    /// `HEX`, `docker-HEX.scope`, `cri-containerd-HEX.scope`, `libpod-HEX`, …, as Docker, containerd, CRI-O, Podman and
    /// Kubernetes name their cgroups.
    private static func container(_ component: Substring) -> String? {
        var name = component
        if name.hasSuffix(".scope") { name = name.dropLast(6) }
        guard let identifier = name.split(separator: "-").last, identifier.utf8.count == 64,
            identifier.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
            !name.contains("conmon")
        else { return nil }
        return String(identifier)
    }
}
