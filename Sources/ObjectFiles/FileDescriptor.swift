internal import Glibc

/// An open file descriptor, closed when its owner goes.
package struct FileDescriptor: ~Copyable, Sendable {
    package let rawValue: Int32

    package init(owning rawValue: Int32) { self.rawValue = rawValue }

    /// Another descriptor of the same open file; one that is not open (-1) when there is none left.
    package init(duplicating number: Int32) { rawValue = fcntl(number, F_DUPFD_CLOEXEC, 0) }

    deinit { _ = close(rawValue) }

    /// Hands the number over to another owner, who closes it.
    package consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }
}
