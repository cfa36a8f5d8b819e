package import Confinement
internal import Glibc
internal import SystemSupport

/// Files outside of the state directory that the agent's user needs, and that only root can prepare.
package enum PrivilegedFiles {
    /// Where a directory is root's, links the path of a listening socket to a socket in the state directory, in which the
    /// user may make one; who connects follows the link.
    ///
    /// The link stays when the agent ends, and serves the next start.
    package static func linkSocket(
        _ path: String, to target: String
    ) throws(PrivilegedFileError) {
        guard !isOthers(directory(of: path)) else { return }
        if let status = try? FileStatus(path: path, followsLink: false) {
            // A socket of an agent that ran as root, or a link of an earlier start; the server refuses to start where something
            // else is.
            guard status.kind == .socket || (status.kind == .symbolicLink && status.owner == 0) else { return }
            guard unsafe unlink(path) == 0 else { throw PrivilegedFileError(path: path, errno: errno) }
        }
        guard unsafe symlink(target, path) == 0 else { throw PrivilegedFileError(path: path, errno: errno) }
    }

    /// Where a directory is root's, makes the file to which alerts are appended, or gives the user what root has written.
    package static func giveAlertFile(_ path: String, to user: UserAccount) throws(PrivilegedFileError) {
        guard !isOthers(directory(of: path)) else { return }
        let file = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o640)
        guard file >= 0 else { throw PrivilegedFileError(path: path, errno: errno) }
        defer { close(file) }
        guard let status = try? FileStatus(of: file), status.kind == .regular, status.owner == 0, status.links == 1
        else {
            return
        }
        guard fchown(file, user.id, user.group) == 0 else { throw PrivilegedFileError(path: path, errno: errno) }
    }

    private static func directory(of path: String) -> String {
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        return "/" + parent
    }

    /// Whether somebody other than root may write there: then nothing is prepared in it.
    private static func isOthers(_ directory: String) -> Bool {
        guard let status = try? FileStatus(path: directory) else { return true }
        return status.owner != 0 || status.permissions & 0o022 != 0
    }
}

/// Why a file could not be prepared for the agent's user.
package struct PrivilegedFileError: Error, Hashable, Sendable {
    package let path: String
    package let errno: Int32

    init(path: String, errno: Int32) {
        self.path = path
        self.errno = errno
    }
}

extension PrivilegedFileError: CustomStringConvertible {
    package var description: String {
        "\(printable(path)) can't be prepared for the agent's user: \(errorText(errno)); name a path in a directory of the "
            + "user, or start with `--user root`"
    }
}
