internal import CGzip
internal import Glibc

/// Gzip files, RFC 1952.
package enum Gzip {
    /// How much time zlib takes for a smaller file.
    package enum Effort: Int32, Sendable {
        case fastest = 1
        case balanced = 6
    }

    package enum DecompressionError: Error, Hashable, Sendable {
        /// Not a gzip file from this byte of it on, or one that ends too early.
        case damaged(position: Int)
        /// The content has more bytes.
        case tooLarge(limit: Int)
        case noMemory
    }

    /// Whether a file begins as gzip files do.
    package static func begins(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// A gzip file of the bytes; `nil` when there is no memory for it.
    package static func compressed(_ bytes: [UInt8], _ effort: Effort) -> [UInt8]? {
        unsafe bytes.withUnsafeBytes { unsafe compressed($0, effort) }
    }

    /// A gzip file of the bytes in a buffer; `nil` when there is no memory for it.
    package static func compressed(_ bytes: UnsafeRawBufferPointer, _ effort: Effort) -> [UInt8]? {
        var count = 0
        // Safe: zlib reads the buffer's bytes, and the file has `count` bytes until it is freed.
        let file = unsafe cgzip_compress(
            bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, effort.rawValue, &count)
        guard let file = unsafe file else { return nil }
        defer { unsafe free(file) }
        return unsafe Array(UnsafeBufferPointer(start: file, count: count))
    }

    /// The content of a gzip file, all of its members.
    ///
    /// - Parameter limit: the most bytes of content; no more memory than these and as many again is taken.
    package static func decompressed(_ file: [UInt8], limit: Int) throws(DecompressionError) -> [UInt8] {
        var content: UnsafeMutablePointer<UInt8>?
        var (length, position) = (0, 0)
        // Safe: zlib reads the file's bytes, and the content has `length` bytes until it is freed.
        let result = unsafe file.withUnsafeBufferPointer { bytes in
            unsafe cgzip_decompress(bytes.baseAddress, bytes.count, max(0, limit), &content, &length, &position)
        }
        defer { unsafe free(content) }
        switch result {
        case cgzip_complete: return unsafe Array(UnsafeBufferPointer(start: content, count: length))
        case cgzip_too_large: throw .tooLarge(limit: limit)
        case cgzip_no_memory: throw .noMemory
        default: throw .damaged(position: position)
        }
    }
}
