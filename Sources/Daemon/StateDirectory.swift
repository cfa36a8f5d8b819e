package import Confinement
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

    /// Gives it to the user that this process, which is root, is about to become, with what root has kept in it so far.
    ///
    /// A directory that is another user's already stays as it is, and so does what is in it: that user could have placed
    /// links there.
    package func give(to user: UserAccount) throws(StateDirectoryError) {
        if let status = try? FileStatus(path: path), status.owner == user.id { return }
        try prepare()
        let directory = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .unusable(.failed(path: path, errno: errno)) }
        defer { close(directory) }
        for name in try Self.names(in: path) { try Self.give(name, in: directory, to: user) }
        // Last: as long as it is root's, nobody else can change what is in it.
        guard fchown(directory, user.id, user.group) == 0 else { throw .unusable(.failed(path: path, errno: errno)) }
    }

    private static func names(in path: String) throws(StateDirectoryError) -> [String] {
        guard let stream = unsafe opendir(path) else { throw .unusable(.failed(path: path, errno: errno)) }
        // Safe: the stream is closed once; an entry is read before the next call.
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            // Safe: the name ends in a null inside of its 256 bytes.
            unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe names.append(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
            }
        }
        return names
    }

    /// A file of root's that has no other name; the store keeps nothing but files.
    private static func give(_ name: String, in directory: Int32, to user: UserAccount) throws(StateDirectoryError) {
        guard let status = try? FileStatus(path: name, in: directory, followsLink: false), status.kind == .regular,
            status.owner == 0, status.links == 1
        else { return }
        guard unsafe fchownat(directory, name, user.id, user.group, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .unusable(.failed(path: name, errno: errno))
        }
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
