package import Glibc
package import ProfileModel
package import SystemSupport

/// Opens the files where the separate debug information of a target's object files may be: below the target's own root
/// directory, then on the host.
///
/// Nothing of them is read.
package final class DebugFileDirectories: Sendable {
    private final class Root: Sendable {
        let descriptor: OwnedDescriptor

        init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
    }

    private let root: Root?
    private let owner: uid_t?

    /// - Parameters:
    ///   - targetRoot: an open directory such as `/proc/PID/root`; `nil` to search the host alone.
    ///   - owner: the target's user, whose files need not be readable by all.
    package init(targetRoot: consuming OwnedDescriptor?, owner: uid_t? = nil) {
        self.owner = owner
        if let targetRoot { root = Root(targetRoot) } else { root = nil }
    }

    /// A file that may be a debug file, and the index of its place.
    package struct Candidate: ~Copyable {
        package let index: Int
        private let file: OwnedDescriptor

        package init(index: Int, file: consuming OwnedDescriptor) {
            self.index = index
            self.file = file
        }

        package consuming func take() -> OwnedDescriptor { file }
    }

    /// The first file that can be opened in the places of an index from 0 on, the most likely one first; `nil` where
    /// there is none.
    ///
    /// - Parameter path: by which the target has the object file mapped.
    package func candidate(from index: Int, for query: DebugFileQuery, of path: String) -> Candidate? {
        let paths = Self.paths(for: query, of: path)
        // Debug information can give any path: none but those of debug files lead to an open file.
        let accepts: (@Sendable (String) -> Bool)? = if case .path = query { Self.isDebugFile } else { nil }
        for index in max(0, index)..<max(0, index, paths.count * 2) {
            let opened = index % 2 == 0 ? inTarget(paths[index / 2], accepts) : onHost(paths[index / 2])
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
        case .path(let path):
            guard isDebugFile(path) else { return [] }
            // An option of dwz(1) makes the path relative to the debug file's.
            let shared = path.firstRange(of: sharedDirectory).map { "/usr/lib/debug\(path[$0.lowerBound...])" }
            return [path.hasPrefix("/") ? path : nil, shared].compactMap(\.self)
        case .server: return []
        }
    }

    /// Where distributions keep what dwz(1) moved out of several debug files.
    private static let sharedDirectory = "/.dwz/"

    /// Whether a path is one that files with debug information have: those that are open to nobody else have others.
    @Sendable private static func isDebugFile(_ path: String) -> Bool {
        [".dwo", ".dwp", ".debug"].contains { path.hasSuffix($0) } || path.contains(sharedDirectory)
    }

    private func inTarget(_ path: String, _ accepts: (@Sendable (String) -> Bool)?) -> OwnedDescriptor? {
        guard let root else { return nil }
        guard let file = try? TargetFile.open(path, below: root.descriptor, where: accepts),
            let status = try? file.status(), isOpenTo(target: status)
        else { return nil }
        return file
    }

    /// Whether the target could read a file itself: the name may lead to one that only Sonde may read.
    private func isOpenTo(target status: FileStatus) -> Bool {
        status.permissions & S_IROTH != 0 || status.owner == owner
    }

    /// Only below the host's own directory of debug files: elsewhere, the target could have put the name there.
    private func onHost(_ path: String) -> OwnedDescriptor? { try? TargetFile.open(hostPath: path) }
}
