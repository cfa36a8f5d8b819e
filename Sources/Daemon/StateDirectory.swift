internal import Foundation
internal import Glibc
internal import ProcFS

/// Where the agent keeps what outlives it.
package struct StateDirectory: Equatable, Sendable {
    package let path: String

    /// The first of: the configured one, the first that systemd gives (`STATE_DIRECTORY`, systemd.exec(5)),
    /// `/var/lib/sonde` for root, and the user's by the XDG base directory specification.
    package init(configured: String?, environment: [String: String]) throws(StateDirectoryError) {
        if let configured {
            path = configured
        } else if let given = environment["STATE_DIRECTORY"]?.split(separator: ":").first {
            path = String(given)
        } else if geteuid() == 0 {
            path = "/var/lib/sonde"
        } else if let base = environment["XDG_STATE_HOME"], base.hasPrefix("/") {
            path = base + "/sonde"
        } else if let home = environment["HOME"], home.hasPrefix("/") {
            path = home + "/.local/state/sonde"
        } else {
            throw .noHome
        }
        guard path.hasPrefix("/") else { throw .notAbsolute(path) }
    }

    /// Creates it for its owner alone where it is missing, with the directories above it, and checks that it can be used.
    package func prepare() throws(StateDirectoryError) {
        try create()
        var status = stat()
        // Safe: the structure outlives the call.
        guard unsafe lstat(path, &status) == 0 else { throw .failed(path: path, errno: errno) }
        // systemd makes a link of it for a dynamic user, into a directory that only root can enter.
        if status.st_mode & S_IFMT == S_IFLNK {
            guard status.st_uid == 0 || status.st_uid == geteuid() else {
                throw .foreignLink(path: path, user: status.st_uid)
            }
            guard unsafe stat(path, &status) == 0 else { throw .failed(path: path, errno: errno) }
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .notADirectory(path) }
        guard status.st_uid == geteuid() else { throw .foreign(path: path, user: status.st_uid) }
        guard status.st_mode & 0o022 == 0 else { throw .writableByOthers(path: path, mode: status.st_mode & 0o777) }
        guard unsafe faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) == 0 else {
            throw .failed(path: path, errno: errno)
        }
    }

    private func create() throws(StateDirectoryError) {
        var made = ""
        for name in path.split(separator: "/") {
            made += "/\(name)"
            // A link is followed here, and looked at once the whole path exists.
            if unsafe access(made, F_OK) == 0 { continue }
            guard unsafe mkdir(made, 0o700) == 0 || errno == EEXIST else { throw .failed(path: made, errno: errno) }
        }
    }
}

/// Why the state directory can't be used.
package enum StateDirectoryError: Error, Hashable, Sendable {
    case noHome
    case notAbsolute(String)
    case notADirectory(String)
    /// It belongs to somebody else, by number.
    case foreign(path: String, user: UInt32)
    case foreignLink(path: String, user: UInt32)
    case writableByOthers(path: String, mode: UInt32)
    case failed(path: String, errno: Int32)
}

extension StateDirectoryError: CustomStringConvertible {
    package var description: String { "state directory: \(cause). \(remedy)" }

    private var cause: String {
        switch self {
        case .noHome: "HOME is not set"
        case .notAbsolute(let path): "\(printable(path)) is not an absolute path"
        case .notADirectory(let path): "\(printable(path)) is not a directory"
        case .foreign(let path, let user):
            "\(printable(path)) belongs to uid \(user), and the agent is uid \(geteuid())"
        case .foreignLink(let path, let user): "\(printable(path)) is a link that uid \(user) made"
        case .writableByOthers(let path, let mode):
            "others may write into \(printable(path)) (mode \(String(mode, radix: 8)))"
        case .failed(let path, let number): "\(printable(path)): \(errorText(number))"
        }
    }

    private var remedy: String {
        switch self {
        case .foreign(let path, _):
            "Run `chown -R \(geteuid()) \(printable(path))`, or name another by --state-directory."
        case .writableByOthers(let path, _): "Run `chmod go-w \(printable(path))`."
        case .failed(_, ENOSPC): "Free some space, or name another by --state-directory."
        default: "Name another by --state-directory."
        }
    }
}
