/// A container, as the path of its cgroup names it.
struct ContainerName: Equatable, Sendable {
    /// 64 hexadecimal digits where an engine numbers its containers; else its name.
    let identifier: String
    /// Whether tools show the beginning of the identifier alone.
    private let isNumbered: Bool
    /// Which of the path's components begins it: what follows is inside.
    let component: Int

    private static let shortLength = 12

    /// The innermost container with a number, which is its own whatever it is in; else the outermost one with a name, which
    /// those inside can't choose.
    init?(_ components: [Substring]) {
        if let (index, identifier) = Self.numbered(components) {
            (self.identifier, isNumbered, component) = (identifier, true, index)
        } else if let (index, name) = Self.named(components) {
            // A user may make cgroups of any name below the user's own.
            let owner = Self.owner(components)
            (identifier, isNumbered, component) = (owner.map { "\($0)/\(name)" } ?? name, false, index)
        } else {
            return nil
        }
    }

    /// The identifier as container tools show it.
    var short: String { isNumbered ? String(identifier.prefix(Self.shortLength)) : identifier }

    /// Whether a text has the form of a container's number as tools show it.
    static func isShort(_ text: String) -> Bool { text.utf8.count == shortLength && isHexadecimal(text.utf8) }

    private static func isHexadecimal(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// `HEX`, `docker-HEX.scope`, `cri-containerd-HEX.scope`, `libpod-HEX`, `SLICE:cri-containerd:HEX`, …, as Docker,
    /// containerd, CRI-O, Podman and Kubernetes name their cgroups.
    private static func numbered(_ components: [Substring]) -> (Int, String)? {
        for (index, component) in components.enumerated().reversed() where !component.contains("conmon") {
            let name = component.hasSuffix(".scope") ? component.dropLast(".scope".count) : component
            guard let identifier = name.split(whereSeparator: { "-:".contains($0) }).last,
                identifier.utf8.count == 64, isHexadecimal(identifier.utf8)
            else { continue }
            return (index, String(identifier))
        }
        return nil
    }

    private static func named(_ components: [Substring]) -> (Int, String)? {
        if components.first == "ecs" { return task(components) }
        for (index, component) in components.enumerated() {
            let inside = components[(index + 1)...]
            if let name = payload(component, inside, isFirst: index == 0) { return (index, name) }
            if let name = machine(component, inside) { return (index, name) }
        }
        return nil
    }

    /// `/lxc.payload.NAME` of LXC, LXD and Incus; `/lxc/NAME` and `/lxc.payload/NAME` of older ones and Proxmox VE.
    ///
    /// The monitors beside them (`lxc.monitor.NAME`) are the host's.
    private static func payload(
        _ component: Substring, _ inside: ArraySlice<Substring>, isFirst: Bool
    ) -> String? {
        let prefix = "lxc.payload."
        if component.hasPrefix(prefix) { return String(component.dropFirst(prefix.count)) }
        guard isFirst, component == "lxc" || component == "lxc.payload" else { return nil }
        return inside.first.map(String.init)
    }

    /// A machine of systemd-machined: `machine-NAME.scope`, as nspawn and libvirt register them, or the service of
    /// systemd-nspawn(1) or systemd-vmspawn(1).
    ///
    /// The service's own process is beside the machine's, in `supervisor`.
    private static func machine(_ component: Substring, _ inside: ArraySlice<Substring>) -> String? {
        if component.hasPrefix("machine-"), component.hasSuffix(".scope") {
            return unescaped(component.dropFirst("machine-".count).dropLast(".scope".count))
        }
        for prefix in ["systemd-nspawn@", "systemd-vmspawn@"]
        where component.hasPrefix(prefix) && component.hasSuffix(".service") {
            guard let part = inside.first, part != "supervisor" else { return nil }
            return unescaped(component.dropFirst(prefix.count).dropLast(".service".count))
        }
        return nil
    }

    /// `/ecs/…/TASK-NUMBER`, or the task where its containers have no cgroups of their own: Amazon ECS on Fargate.
    private static func task(_ components: [Substring]) -> (Int, String)? {
        for (index, component) in components.enumerated().dropFirst().reversed() {
            let parts = component.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count <= 2, parts[0].utf8.count == 32, isHexadecimal(parts[0].utf8),
                parts.dropFirst().allSatisfy(isNumber)
            else { continue }
            return (index, String(component))
        }
        return nil
    }

    /// The number of the user below whose own cgroups a path is: `user-1000.slice`.
    private static func owner(_ components: [Substring]) -> String? {
        let prefix = "user-"
        guard components.first == "user.slice", components.count > 1, components[1].hasPrefix(prefix),
            components[1].hasSuffix(".slice")
        else { return nil }
        return String(components[1].dropFirst(prefix.count).dropLast(".slice".count))
    }

    /// Undoes `\x2d` and the like: systemd.unit(5).
    private static func unescaped(_ name: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(name.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), rest.count >= 3,
                let escaped = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16),
                escaped >= 0x20
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(escaped)
            rest = rest.dropFirst(3)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
