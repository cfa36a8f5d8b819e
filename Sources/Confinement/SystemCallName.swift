internal import CSeccomp
internal import Glibc

/// Names of system calls, by libseccomp.
package enum SystemCallName {
    /// The name of a number of this architecture, such as `epoll_wait`; `nil` of one that libseccomp doesn't know.
    package static func text(of number: Int32) -> String? {
        // Negative numbers stand for calls of other architectures.
        guard number >= 0, let name = unsafe seccomp_syscall_resolve_num_arch(UInt32(SCMP_ARCH_NATIVE), number) else {
            return nil
        }
        // Safe: the caller owns the string, which is copied.
        defer { unsafe free(name) }
        return unsafe String(cString: name)
    }
}
