internal import Glibc

/// A system call that failed.
package struct SystemCallError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call's name, such as `openat`.
    package let call: String
    /// One of the numbers of errno(3).
    package let errno: Int32

    package init(call: String, errno: Int32) {
        self.call = call
        self.errno = errno
    }

    package var description: String { "\(call): \(errorText(errno))" }
}

/// The C library's text for an errno, such as `Permission denied`.
package func errorText(_ number: Int32) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        guard let start = buffer.baseAddress else { return "error \(number)" }
        // Safe: the call writes at most the buffer's count, and a terminated string when it succeeds.
        guard unsafe strerror_r(number, start, buffer.count) == 0 else { return "error \(number)" }
        return unsafe String(cString: start)
    }
}

/// Makes a system call that returns -1 on failure, again for as long as a signal interrupts it.
package func retryingInterrupted<Result: SignedInteger>(
    _ name: String, _ call: () -> Result
) throws(SystemCallError) -> Result {
    while true {
        let result = call()
        guard result == -1 else { return result }
        let number = errno
        guard number == EINTR else { throw SystemCallError(call: name, errno: number) }
    }
}
