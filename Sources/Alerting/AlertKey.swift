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

    init(_ type: AlertType, _ subject: AlertSubject) {
        self.type = type
        process = subject.process
        startTicks = subject.startTicks
        name = subject.process == nil ? subject.cgroup ?? subject.group : nil
    }

    /// `process_memory:4711:823456`, `group_cpu:nginx`, `cgroup_memory:%2Fa.slice`, `host_cpu`: ASCII without blanks, at
    /// most 200 bytes.
    var id: String {
        if let process { return "\(type.rawValue):\(process):\(startTicks ?? 0)" }
        guard let name else { return type.rawValue }
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
