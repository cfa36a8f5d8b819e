import CGzip
import Glibc
import MetricFamilies
import NIOCore

/// What an `Accept-Encoding` header says of gzip, RFC 9110, section 12.5.3: what is malformed is left out.
package struct AcceptEncoding {
    /// A longer header is not read: a part of it might say the opposite.
    static let maximumBytes = 1024

    /// Whether gzip is taken, and wanted at least as much as a body as it is.
    package let takesGzip: Bool

    package init(_ header: String?) {
        guard let header, header.utf8.count <= Self.maximumBytes else {
            takesGzip = false
            return
        }
        var (gzip, anything, identity): (Double?, Double?, Double?)
        for part in header.split(separator: ",") {
            guard let (name, quality) = Self.coding(part) else { continue }
            switch name {
            case "gzip", "x-gzip": gzip = max(gzip ?? 0, quality)
            case "*": anything = quality
            case "identity": identity = quality
            default: break
            }
        }
        let wish = gzip ?? anything ?? 0
        takesGzip = wish > 0 && wish >= identity ?? 0
    }

    /// One entry such as `gzip;q=0.5`.
    private static func coding(_ text: Substring) -> (name: String, quality: Double)? {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        var quality = 1.0
        for parameter in parts.dropFirst() {
            let pair = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0].trimmed.lowercased() == "q" else { continue }
            guard let value = QualityValue.parse(pair[1].trimmed) else { return nil }
            quality = value
        }
        return (parts[0].trimmed.lowercased(), quality)
    }
}

/// Compresses bodies.
enum Gzip {
    /// A smaller body fits into a packet or two as it is.
    static let minimumBytes = 1024
    /// The fastest.
    private static let level: Int32 = 1

    /// A gzip file of the readable bytes; `nil` when there is no memory for it.
    static func compressed(_ body: ByteBuffer) -> ByteBuffer? {
        var count = 0
        // Safe: zlib reads the readable bytes, and the file has `count` bytes until it is freed.
        let file = unsafe body.withUnsafeReadableBytes { bytes in
            unsafe cgzip_compress(bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, level, &count)
        }
        guard let file = unsafe file else { return nil }
        defer { unsafe free(file) }
        return unsafe ByteBuffer(bytes: UnsafeBufferPointer(start: file, count: count))
    }
}
