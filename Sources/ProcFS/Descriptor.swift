import CLinux
import Glibc

/// A file descriptor that is closed when its owner goes.
package struct Descriptor: ~Copyable, Sendable {
    /// The number, for system calls made while this owner lives.
    package let number: Int32

    package init(owning number: Int32) { self.number = number }

    deinit { close(number) }

    /// Hands the number over to another owner, who closes it.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// The flags that open a directory only as a place to open names from (`O_PATH`, open(2)).
    package static var place: Int32 { Int32(CLINUX_O_PATH) | O_DIRECTORY }

    /// Opens `path` relative to `directory`, or to the working directory; close-on-exec.
    static func open(
        _ path: String, in directory: Int32 = AT_FDCWD, flags: Int32
    ) throws(ProcFSError) -> Descriptor {
        let result = retryingInterrupted { Int(unsafe openat(directory, path, flags | O_CLOEXEC)) }
        switch result {
        case .success(let number): return Descriptor(owning: Int32(number))
        case .failure(let error): throw ProcFSError(errno: error.errno, file: path)
        }
    }
}

/// Where a symbolic link points; text longer than a path may be is cut.
func readLink(_ name: String, in directory: Int32) throws(ProcFSError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    // Safe: readlinkat writes at most the buffer's count.
    let count = unsafe readlinkat(directory, name, &buffer, buffer.count)
    guard count >= 0 else { throw ProcFSError(errno: errno, file: name) }
    return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// The errno of a failed system call.
struct SystemCallError: Error { let errno: Int32 }

/// Repeats a system call for as long as a signal interrupts it.
func retryingInterrupted(_ call: () -> Int) -> Result<Int, SystemCallError> {
    while true {
        let result = call()
        guard result == -1 else { return .success(result) }
        guard errno == EINTR else { return .failure(SystemCallError(errno: errno)) }
    }
}
