internal import CLinux
internal import Glibc
package import ProcFS
package import ProfileModel

/// Opens the files where the separate debug information of a target's object files may be: below the target's own root
/// directory, then on the host.
///
/// What a name leads to is the target's choice, so that only regular files are opened, and nothing of them is read.
package final class DebugFileDirectories: Sendable {
    private final class Root: Sendable {
        let descriptor: Descriptor

        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    private let root: Root?

    /// - Parameter targetRoot: an open directory such as `/proc/PID/root`; `nil` to search the host alone.
    package init(targetRoot: consuming Descriptor?) {
        if let targetRoot { root = Root(targetRoot) } else { root = nil }
    }

    /// A file that may be a debug file, and the index of its place.
    package struct Candidate: ~Copyable {
        package let index: Int
        private let file: Descriptor

        fileprivate init(index: Int, file: consuming Descriptor) {
            self.index = index
            self.file = file
        }

        package consuming func take() -> Descriptor { file }
    }

    /// The first file that can be opened in the places of an index from 0 on, the most likely one first; `nil` where
    /// there is none.
    ///
    /// - Parameter path: by which the target has the object file mapped.
    package func candidate(from index: Int, for query: DebugFileQuery, of path: String) -> Candidate? {
        let paths = Self.paths(for: query, of: path)
        for index in max(0, index)..<max(0, index, paths.count * 2) {
            let opened = index % 2 == 0 ? inTarget(paths[index / 2]) : onHost(paths[index / 2])
            if let opened { return Candidate(index: index, file: opened) }
        }
        return nil
    }

    /// GDB manual, "Separate Debug Files".
    private static func paths(for query: DebugFileQuery, of path: String) -> [String] {
        switch query {
        case .buildID(let id):
            let digits = id.description
            guard digits.utf8.count > 2 else { return [] }
            return ["/usr/lib/debug/.build-id/\(digits.prefix(2))/\(digits.dropFirst(2)).debug"]
        case .link(let name):
            guard let slash = path.lastIndex(of: "/"), !name.isEmpty, !name.contains("/"), name != "..", name != "."
            else { return [] }
            let directory = path[..<slash]
            return ["\(directory)/\(name)", "\(directory)/.debug/\(name)", "/usr/lib/debug\(directory)/\(name)"]
        }
    }

    private func inTarget(_ path: String) -> Descriptor? {
        guard let root else { return nil }
        return regularFile(unsafe clinux_open_in_root(root.descriptor.number, path, Int32(CLINUX_O_PATH) | O_CLOEXEC))
    }

    /// Only below the host's own directory of debug files: elsewhere, the target could have put the name there.
    private func onHost(_ path: String) -> Descriptor? {
        guard path.hasPrefix("/usr/lib/debug/"), !path.split(separator: "/").contains("..") else { return nil }
        return regularFile(unsafe Glibc.open(path, Int32(CLINUX_O_PATH) | O_CLOEXEC))
    }

    private func regularFile(_ number: Int32) -> Descriptor? {
        guard number >= 0 else { return nil }
        let handle = Descriptor(owning: number)
        var status = stat()
        // Safe: fstat fills the structure.
        guard unsafe fstat(handle.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let reopened = unsafe Glibc.open(
            "/proc/self/fd/\(handle.number)", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        return reopened >= 0 ? Descriptor(owning: reopened) : nil
    }
}
