internal import CLinux
internal import Glibc
internal import ProfileModel

/// Where the separate debug file of a stripped object is looked for.
package struct DebugFileSearch: Sendable {
    /// A descriptor shared by the object files of one container.
    private final class Root: Sendable {
        let descriptor: FileDescriptor

        init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
    }

    private let root: Root?
    private let searchesHost: Bool

    private init(root: Root?, searchesHost: Bool) {
        self.root = root
        self.searchesHost = searchesHost
    }

    /// First below the target's root directory, an open directory such as `/proc/PID/root`, then on the host.
    package init(targetRoot: consuming FileDescriptor) {
        self.init(root: Root(targetRoot), searchesHost: true)
    }

    /// Only in Sonde's own file system.
    package static let host = DebugFileSearch(root: nil, searchesHost: true)
    /// Nowhere.
    package static let none = DebugFileSearch(root: nil, searchesHost: false)

    /// The debug file of `elf`: by its build-id, or else by the name and checksum in its `.gnu_debuglink`.
    func debugFile(of elf: ElfFile) -> ElfFile? {
        if let id = elf.buildID, let found = first([Self.path(of: id)], { $0.buildID == id }) { return found }
        guard let link = DebugLink(of: elf) else { return nil }
        return first(link.paths) { link.matches($0) }
    }

    private func first(_ paths: [String], _ accepts: (ElfFile) -> Bool) -> ElfFile? {
        for path in paths {
            if let root, let found = Self.open(path, in: root.descriptor.rawValue), accepts(found) { return found }
            if searchesHost, let found = Self.open(path, in: nil), accepts(found) { return found }
        }
        return nil
    }

    private static func path(of id: BuildID) -> String {
        let digits = id.description
        return "/usr/lib/debug/.build-id/\(digits.prefix(2))/\(digits.dropFirst(2)).debug"
    }

    private static func open(_ path: String, in root: Int32?) -> ElfFile? {
        // Safe: both calls only read the path; opening neither waits for a pipe's writer nor takes a terminal.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let descriptor =
            if let root { unsafe clinux_open_in_root(root, path, flags) } else { unsafe Glibc.open(path, flags) }
        guard descriptor >= 0 else { return nil }
        return try? ElfFile(path: path, descriptor: FileDescriptor(owning: descriptor))
    }
}
