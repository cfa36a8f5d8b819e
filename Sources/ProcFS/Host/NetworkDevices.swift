import Glibc

/// What network interfaces have received and sent: `/proc/net/dev`, proc_pid_net(5).
package struct NetworkDevices: Hashable, Sendable {
    package struct Device: Hashable, Sendable {
        package let name: String
        package let receivedBytes: UInt64
        package let sentBytes: UInt64
    }

    package let devices: [Device]

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        guard scanner.accept(word: "Inter-|", bytes) else { throw .malformed(file: "net/dev", field: "heading") }
        _ = scanner.line(bytes)
        _ = scanner.line(bytes)
        var devices: [Device] = []
        while !scanner.isAtEnd(of: bytes) {
            devices.append(try Self.device(bytes.extracting(scanner.line(bytes))))
        }
        self.devices = devices
    }

    /// Names hold neither blanks nor slashes; the last colon ends them, an alias (`eth0:1`) has one of its own.
    private static func device(_ line: Span<UInt8>) throws(ProcFSError) -> Device {
        let colon = try line.indices.last { line[$0] == UInt8(ascii: ":") }.required("net/dev", "name")
        var scanner = ByteScanner()
        scanner.skipBlanks(line)
        guard scanner.offset < colon else { throw .malformed(file: "net/dev", field: "name") }
        let name = String(line, scanner.offset..<colon)
        scanner = ByteScanner(at: colon + 1)
        let received = try scanner.decimal(line).required("net/dev", "received bytes")
        scanner.skipWords(7, line)
        let sent = try scanner.decimal(line).required("net/dev", "sent bytes")
        return Device(name: name, receivedBytes: received, sentBytes: sent)
    }
}

/// The network interfaces that `/sys` shows, or a directory that looks like it.
package struct NetworkInterfaces: Sendable {
    private let root: String

    package init(root: String = "/sys") { self.root = root }

    /// Whether an interface of `net/dev` is a device's own.
    ///
    /// Bridges, bonds, VLANs, tunnels and the ends of veth pairs have none, and pass on what a device counts. Of two
    /// devices of which one serves the other, as with accelerated networking on Hyper-V, the served one counts for both.
    package func isDevice(_ name: String) -> Bool {
        guard !name.isEmpty, !name.contains("/"), name != ".", name != ".." else { return false }
        let directory = "\(root)/class/net/\(name)"
        return Self.exists("\(directory)/device") && !Self.exists("\(directory)/master/device")
    }

    private static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
}
