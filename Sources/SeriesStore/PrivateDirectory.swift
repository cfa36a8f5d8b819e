import Glibc
import SystemSupport

/// A directory that belongs to this user, and into which nobody else can write.
package struct PrivateDirectory: Equatable, Sendable {
    /// Without symbolic links.
    package let path: String

    /// Makes it where it is missing, with those above it, for this user alone, and checks that it can be used.
    package init(at name: String) throws(PrivateDirectoryError) {
        try Self.make(name)
        try Self.checkLink(name)
        guard let resolved = unsafe realpath(name, nil) else { throw .failed(path: name, errno: errno) }
        // Safe: realpath gave a string of its own, freed once.
        defer { unsafe free(resolved) }
        path = unsafe String(cString: resolved)
        try Self.check(path, name)
    }

    private static func make(_ name: String) throws(PrivateDirectoryError) {
        var made = name.hasPrefix("/") ? "" : "."
        for part in name.split(separator: "/") {
            made += "/\(part)"
            // A link is followed here, and checked once the whole path exists.
            if unsafe access(made, F_OK) == 0 { continue }
            guard unsafe mkdir(made, 0o700) == 0 || errno == EEXIST else { throw .failed(path: made, errno: errno) }
        }
    }

    /// A link is followed if nobody else could have placed it: systemd makes one for `DynamicUser=`.
    private static func checkLink(_ name: String) throws(PrivateDirectoryError) {
        let status = try Self.status(of: name, name)
        guard status.kind != .symbolicLink || status.owner == geteuid() || status.owner == 0 else {
            throw .foreignLink(path: name, user: status.owner)
        }
    }

    private static func check(_ path: String, _ name: String) throws(PrivateDirectoryError) {
        let status = try Self.status(of: path, name)
        guard status.kind == .directory else { throw .notADirectory(path: name) }
        guard status.owner == geteuid() else { throw .foreign(path: name, user: status.owner) }
        guard status.permissions & 0o022 == 0 else {
            throw .writableByOthers(path: name, mode: status.permissions & 0o777)
        }
        guard unsafe faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) == 0 else {
            throw .failed(path: name, errno: errno)
        }
    }

    private static func status(of path: String, _ name: String) throws(PrivateDirectoryError) -> FileStatus {
        do { return try FileStatus(path: path, followsLink: false) } catch {
            throw .failed(path: name, errno: error.errno)
        }
    }
}

/// Why a directory can't be used, with the path by which it was asked for.
package enum PrivateDirectoryError: Error, Hashable, Sendable {
    case notADirectory(path: String)
    /// It belongs to somebody else, by number.
    case foreign(path: String, user: UInt32)
    case foreignLink(path: String, user: UInt32)
    case writableByOthers(path: String, mode: UInt32)
    case failed(path: String, errno: Int32)
}
