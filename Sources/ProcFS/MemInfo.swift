/// The host's memory in bytes: `/proc/meminfo`, proc_meminfo(5).
package struct MemInfo: Hashable, Sendable {
    package let total: UInt64
    /// What new programs can have without swapping (Linux 3.14).
    package let available: UInt64
    package let swapTotal: UInt64
    package let swapFree: UInt64

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        total = try Self.field("MemTotal:", bytes)
        available = try Self.field("MemAvailable:", bytes)
        swapTotal = try Self.field("SwapTotal:", bytes)
        swapFree = try Self.field("SwapFree:", bytes)
    }

    private static func field(_ key: String, _ bytes: Span<UInt8>) throws(ProcFSError) -> UInt64 {
        var scanner = ByteScanner()
        while !scanner.isAtEnd(of: bytes) {
            if scanner.accept(word: key, bytes) { return try scanner.kibibytes(bytes).required("meminfo", key) }
            _ = scanner.line(bytes)
        }
        throw .malformed(file: "meminfo", field: key)
    }
}
