import CGzip
import Glibc
import NIOCore

/// Compresses bodies.
enum Gzip {
    /// A smaller body fits into a packet or two as it is.
    static let minimumBytes = 1024

    /// A gzip file of the readable bytes; `nil` when there is no memory for it.
    static func compressed(_ body: ByteBuffer) -> ByteBuffer? {
        var count = 0
        // Safe: zlib reads the readable bytes, and the file has `count` bytes until it is freed.
        let file = unsafe body.withUnsafeReadableBytes { bytes in
            unsafe cgzip_compress(bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &count)
        }
        guard let file = unsafe file else { return nil }
        defer { unsafe free(file) }
        return unsafe ByteBuffer(bytes: UnsafeBufferPointer(start: file, count: count))
    }
}
