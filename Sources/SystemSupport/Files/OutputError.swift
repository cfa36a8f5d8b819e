internal import Glibc

/// Why an output can't be opened or written.
package enum OutputError: Error, Hashable, Sendable {
    package enum Action: String, Sendable {
        case create
        case open
        case replace
    }

    case failed(Action, path: String, errno: Int32)
    /// Some of the bytes, `written` of them, have reached the output.
    case incomplete(path: String, errno: Int32, written: Int)
    /// The path's last part is a symbolic link.
    case link(path: String)
    /// On the way to the output, there is a symbolic link of another user.
    case foreignLink(String, path: String, owner: UInt32)
    /// On the way to the output, there is a link of `/proc`, which leads wherever a process wants.
    case kernelLink(String, path: String)
    case directory(path: String)
    /// A block device, a socket.
    case unsuitable(path: String, FileStatus.Kind)
    /// A pipe, or a file to append to, of another user.
    case foreign(path: String, FileStatus.Kind, owner: UInt32)
    /// A file to append to has other names, where others may expect something else in it.
    case manyNames(path: String)
    /// No process has the pipe open for reading.
    case noReader(path: String)
    /// `/dev/stdout` or `/dev/fd/N` isn't open for writing.
    case closed(path: String)

    /// The error number of a failed system call.
    package var errno: Int32? {
        switch self {
        case .failed(_, _, let number), .incomplete(_, let number, _): number
        default: nil
        }
    }
}

extension OutputError: CustomStringConvertible {
    /// The cause and the remedy, on one line.
    package var description: String { remedy.map { "\(cause); \($0)" } ?? cause }

    private var cause: String {
        switch self {
        case .failed(let action, let path, let number):
            "can't \(action.rawValue) \(printable(path)): \(errorText(number))"
        case .incomplete(let path, let number, _): "can't write \(printable(path)): \(errorText(number))"
        case .link(let path): "can't write \(printable(path)): it is a symbolic link, which outputs don't follow"
        case .foreignLink(let link, let path, let owner):
            "can't write \(printable(path)): \(printable(link)) is a symbolic link of another user (uid \(owner))"
        case .kernelLink(let link, let path):
            "can't write \(printable(path)): \(printable(link)) is a link into a process"
        case .directory(let path): "can't write \(printable(path)): it is a directory"
        case .unsuitable(let path, let kind): "can't write \(printable(path)): it is a \(kind.rawValue)"
        case .foreign(let path, let kind, let owner):
            "can't write \(printable(path)): it is a \(kind.rawValue) of another user (uid \(owner))"
        case .manyNames(let path): "can't append to \(printable(path)): the file has other names, too (hard links)"
        case .noReader(let path): "can't write \(printable(path)): no process reads this pipe"
        case .closed(let path): "can't write \(printable(path)): it is not open for writing"
        }
    }

    private var remedy: String? {
        switch self {
        case .failed(_, _, let number), .incomplete(_, let number, _): Self.remedy(for: number)
        case .link: "name the file that it points to, or remove the link"
        case .foreignLink, .kernelLink: "name the directory that it points to"
        case .directory: "name a file inside it"
        case .unsuitable: "name a file, a pipe or a character device"
        case .foreign, .manyNames: "name another file, or remove this one"
        case .noReader: "start the reader first"
        case .closed: "name a file"
        }
    }

    private static func remedy(for number: Int32) -> String? {
        switch number {
        case ENOSPC, EDQUOT: "free some space, or name a file elsewhere"
        case EACCES, EPERM, EROFS, ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP, EEXIST: "name a file elsewhere"
        case EPIPE: "the reader has closed the pipe"
        case EMFILE, ENFILE: "raise the limit on open files (ulimit -n)"
        default: nil
        }
    }
}
