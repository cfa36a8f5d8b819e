import Glibc
import SystemSupport

/// Why a file of `/proc` gave no value.
package enum ProcFSError: Error, Hashable, Sendable {
    /// The process or thread has ended, or never was.
    case vanished(file: String)
    /// The process lives, and this kernel doesn't offer the file.
    case notOffered(file: String)
    /// The kernel refuses the file to this user.
    case notPermitted(file: String)
    /// The file goes on beyond the bytes that are read of such a file.
    case tooLarge(file: String, limit: Int)
    /// A field is missing, is not of the documented form, or is out of range.
    case malformed(file: String, field: String)
    /// Another failure of a system call, by errno.
    case failed(file: String, errno: Int32)

    /// The error for an errno; `ENOENT` counts as ended, and the caller who knows better says so.
    init(errno: Int32, file: String) {
        switch errno {
        case ESRCH, ENOENT: self = .vanished(file: file)
        case EACCES, EPERM: self = .notPermitted(file: file)
        default: self = .failed(file: file, errno: errno)
        }
    }
}

extension ProcFSError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .vanished(let file): "\(file): the process or thread has ended"
        case .notOffered(let file): "\(file): this kernel doesn't offer it"
        case .notPermitted(let file): "\(file): not permitted; run as root, or with CAP_SYS_PTRACE"
        case .tooLarge(let file, let limit): "\(file): more than \(limit) bytes"
        case .malformed(let file, let field): "\(file): no valid value for \(field)"
        case .failed(let file, let number): "\(file): \(errorText(number))"
        }
    }
}
