/// What a process has read and written: `io`, proc_pid_io(5).
///
/// It holds what children did that have ended and been waited for (wait_task_zombie() in kernel/exit.c).
package struct ProcIO: Hashable, Sendable {
    /// Bytes that it made block devices read.
    package let readBytes: UInt64
    /// Bytes that it made dirty, to be written to block devices.
    package let writtenBytes: UInt64

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        var read: UInt64?
        var written: UInt64?
        while !scanner.isAtEnd(of: bytes) {
            if scanner.accept(word: "read_bytes:", bytes) { read = scanner.decimal(bytes) }
            if scanner.accept(word: "write_bytes:", bytes) { written = scanner.decimal(bytes) }
            _ = scanner.line(bytes)
        }
        readBytes = try read.required("io", "read_bytes")
        writtenBytes = try written.required("io", "write_bytes")
    }
}
