/// Of which kind a group is, in the order in which groups are listed.
package enum GroupKind: String, CaseIterable, Sendable {
    /// A systemd unit.
    case unit
    case container
    /// The command of the processes: a name that they give themselves.
    case command
    /// A rule whose name no process can choose.
    case rule
    /// A rule whose templates make a name from what a process says of itself.
    case template
    /// Where groups beyond the maximum are counted together.
    case merged
}

/// What identifies a group: a process that names itself `sshd.service` is not in the group of the unit of that name.
///
/// The label that metrics show is the name alone, where that can't be mistaken: for rules always, for units and numbered
/// containers unless a rule has that name. A container's own name has its kind in front, `container:web1`; so has a command or
/// a templated name that looks like a unit (`.service`, `.scope`), like a container's number (12 hexadecimal digits), like a
/// label with a kind, or like a rule's name: `command:sshd.service`.
struct GroupKey: Hashable, Sendable {
    let kind: GroupKind
    let name: String

    init(_ kind: GroupKind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    /// The group of what is beyond the maximum.
    static let merged = GroupKey(.merged, "other")

    /// `reserved` are the names of rules without templates.
    func label(reserved: Set<String>) -> String {
        switch kind {
        case .rule: name
        case .unit, .merged: reserved.contains(name) ? qualified : name
        case .container: reserved.contains(name) || !ContainerName.isShort(name) ? qualified : name
        case .command, .template: reserved.contains(name) || isMistakable ? qualified : name
        }
    }

    /// With the kind in front.
    var qualified: String { "\(kind.rawValue):\(name)" }

    private var isMistakable: Bool {
        name.hasSuffix(".service") || name.hasSuffix(".scope") || ContainerName.isShort(name)
            || name == Self.merged.name || GroupKind.allCases.contains { name.hasPrefix("\($0.rawValue):") }
    }
}
