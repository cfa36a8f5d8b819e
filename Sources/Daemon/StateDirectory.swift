internal import Glibc
internal import ProcFS
package import SeriesStore
internal import SystemSupport

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
        do throws(PrivateDirectoryError) {
            _ = try PrivateDirectory(at: path)
        } catch {
            throw .unusable(error)
        }
    }
}

/// Why the state directory can't be used.
package enum StateDirectoryError: Error, Hashable, Sendable {
    case noHome
    case notAbsolute(String)
    case unusable(PrivateDirectoryError)
}

extension StateDirectoryError: CustomStringConvertible {
    package var description: String { "state directory: \(cause). \(remedy)" }

    private var cause: String {
        switch self {
        case .noHome: "HOME is not set"
        case .notAbsolute(let path): "\(printable(path)) is not an absolute path"
        case .unusable(.notADirectory(let path)): "\(printable(path)) is not a directory"
        case .unusable(.foreign(let path, let user)):
            "\(printable(path)) belongs to uid \(user), and the agent is uid \(geteuid())"
        case .unusable(.foreignLink(let path, let user)): "\(printable(path)) is a link that uid \(user) made"
        case .unusable(.writableByOthers(let path, let mode)):
            "others may write into \(printable(path)) (mode \(String(mode, radix: 8)))"
        case .unusable(.failed(let path, let number)): "\(printable(path)): \(errorText(number))"
        }
    }

    private var remedy: String {
        switch self {
        case .unusable(.foreign(let path, _)):
            "Run `chown -R \(geteuid()) \(printable(path))`, or name another by --state-directory."
        case .unusable(.writableByOthers(let path, _)): "Run `chmod go-w \(printable(path))`."
        case .unusable(.failed(_, ENOSPC)): "Free some space, or name another by --state-directory."
        default: "Name another by --state-directory."
        }
    }
}
