internal import Glibc

/// Why a request about a thread was refused.
package enum PtraceError: Error, Hashable, Sendable {
    /// The thread has ended.
    case gone
    /// Another tracer has it, or this user may not trace it.
    case notPermitted
    /// The thread runs 32-bit code, whose registers are of another form.
    case thirtyTwoBit
    /// Another failure of ptrace(2), by errno.
    case failed(errno: Int32)

    init(errno: Int32) {
        switch errno {
        case ESRCH: self = .gone
        case EPERM, EACCES: self = .notPermitted
        case ENOEXEC: self = .thirtyTwoBit
        default: self = .failed(errno: errno)
        }
    }
}
