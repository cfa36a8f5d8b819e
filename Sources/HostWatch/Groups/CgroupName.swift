/// Which unit and container a cgroup's path names.
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

    /// The group that a process has without rules; `nil` where its command decides.
    var defaultGroup: GroupKey? {
        if let container { return GroupKey(.container, Self.short(container)) }
        guard let unit, !Self.isPassing(unit) else { return nil }
        return GroupKey(.unit, GroupName.bounded(Self.template(of: unit) ?? unit))
    }

    /// `sshd@.service` of an instance that systemd made for one connection, `NUMBER-ADDRESS:PORT-ADDRESS:PORT` or
    /// `NUMBER-PID-UID`; `nil` for any other unit: systemd.socket(5).
    private static func template(of unit: String) -> String? {
        guard unit.hasSuffix(".service"), let at = unit.firstIndex(of: "@") else { return nil }
        let parts = unit[unit.index(after: at)...].dropLast(".service".count).split(separator: "-")
        guard parts.count == 3, isNumber(parts[0]) else { return nil }
        let ends = parts.dropFirst()
        return ends.allSatisfy { $0.contains(":") } || ends.allSatisfy(isNumber) ? "\(unit[...at]).service" : nil
    }

    private static func isNumber(_ text: Substring) -> Bool { text.utf8.allSatisfy { (0x30...0x39).contains($0) } }

    /// The identifier as container tools show it.
    static func short(_ container: String) -> String { String(container.prefix(shortLength)) }

    private static let shortLength = 12

    /// Whether a text has the form of a container's identifier as tools show it.
    static func isShortContainer(_ text: String) -> Bool { text.utf8.count == shortLength && isHexadecimal(text.utf8) }

    private static func isHexadecimal(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

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
            isHexadecimal(identifier.utf8), !name.contains("conmon")
        else { return nil }
        return String(identifier)
    }
}
