import Glibc
import SystemSupport

extension OwnedDescriptor {
    /// Opens `path` relative to `directory`, or to the working directory; close-on-exec.
    static func open(
        _ path: String, in directory: Int32 = AT_FDCWD, flags: Int32
    ) throws(ProcFSError) -> OwnedDescriptor {
        do {
            return try OwnedDescriptor(opening: path, in: directory, flags: flags)
        } catch {
            throw ProcFSError(errno: error.errno, file: path)
        }
    }

    /// The size of one read; a file of one record, such as `stat`, fits.
    private static var chunkSize: Int { 4096 }

    /// Replaces the buffer's content with the whole file, read from its start by as many reads as it takes.
    ///
    /// The buffer keeps its capacity, so that nothing is allocated once it has grown to the file's size.
    func readAll(into buffer: inout [UInt8], limit: Int, file: String) throws(ProcFSError) {
        buffer.removeAll(keepingCapacity: true)
        while true {
            let count = try appendChunk(to: &buffer, at: buffer.count, file: file)
            guard count > 0 else { return }
            guard buffer.count <= limit else { throw .tooLarge(file: file, limit: limit) }
        }
    }

    /// Replaces the buffer's content with what one read from the start of the file gives.
    ///
    /// Enough for files that the kernel makes as one record: it never splits a record that fits into the read.
    func readRecord(into buffer: inout [UInt8], file: String) throws(ProcFSError) {
        buffer.removeAll(keepingCapacity: true)
        _ = try appendChunk(to: &buffer, at: 0, file: file)
    }

    /// Replaces the buffer's content with the start of the file, at most `count` bytes.
    func readUpTo(_ count: Int, into buffer: inout [UInt8], file: String) throws(ProcFSError) {
        buffer.removeAll(keepingCapacity: true)
        while buffer.count < count, try appendChunk(to: &buffer, at: buffer.count, file: file) > 0 {}
        if buffer.count > count { buffer.removeLast(buffer.count - count) }
    }

    private func appendChunk(to buffer: inout [UInt8], at offset: Int, file: String) throws(ProcFSError) -> Int {
        do {
            return try append(upTo: Self.chunkSize, at: offset, to: &buffer)
        } catch {
            throw ProcFSError(errno: error.errno, file: file)
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
