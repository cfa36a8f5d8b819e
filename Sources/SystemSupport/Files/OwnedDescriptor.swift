internal import CLinux
internal import Glibc

/// An open file descriptor, closed when its owner goes.
package struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number, for system calls made while this owner lives.
    package let rawValue: Int32

    package init(owning rawValue: Int32) { self.rawValue = rawValue }

    /// Another descriptor of the same open file, close-on-exec.
    package init(duplicating number: Int32) throws(SystemCallError) {
        rawValue = try retryingInterrupted("fcntl") { fcntl(number, F_DUPFD_CLOEXEC, 0) }
    }

    /// Opens `path`, relative to `directory`; close-on-exec.
    ///
    /// Only for paths that no target can influence: `TargetFile` opens the others.
    package init(
        opening path: String, in directory: Int32 = currentDirectory, flags: Int32, mode: UInt32 = 0
    ) throws(SystemCallError) {
        rawValue = try retryingInterrupted("openat") {
            // Safe: the call only reads the path.
            unsafe openat(directory, path, flags | O_CLOEXEC, mode)
        }
    }

    deinit { close(rawValue) }

    /// In place of a directory's descriptor: where relative paths begin otherwise.
    package static let currentDirectory: Int32 = AT_FDCWD

    /// The flags that open a directory only as a place to open names from (`O_PATH`, open(2)).
    package static var place: Int32 { Int32(CLINUX_O_PATH) | O_DIRECTORY }

    /// Hands the number over to another owner, who closes it.
    package consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }
}

extension OwnedDescriptor {
    /// Reads at the file's position; returns the number of bytes, 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemCallError) -> Int {
        try retryingInterrupted("read") {
            // Safe: the call writes at most the buffer's count.
            unsafe Glibc.read(rawValue, buffer.baseAddress, buffer.count)
        }
    }

    /// Reads at an offset and leaves the file's position alone; returns the number of bytes, 0 at the end.
    package func read(
        at offset: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemCallError) -> Int {
        try retryingInterrupted("pread") {
            // Safe: the call writes at most the buffer's count.
            unsafe pread(rawValue, buffer.baseAddress, buffer.count, off_t(offset))
        }
    }

    /// Appends what one read of at most `count` bytes at an offset gives; returns the number of bytes, 0 at the end.
    package func append(
        upTo count: Int, at offset: Int, to bytes: inout [UInt8]
    ) throws(SystemCallError) -> Int {
        let result = unsafe withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) {
            chunk -> Result<Int, SystemCallError> in
            do throws(SystemCallError) {
                let read = try unsafe read(at: offset, into: chunk)
                // Safe: the bytes that the call reports are initialised.
                unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[..<read]))
                return .success(read)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    package func status() throws(SystemCallError) -> FileStatus { try FileStatus(of: rawValue) }
}
