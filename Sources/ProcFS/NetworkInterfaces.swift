import Glibc

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
