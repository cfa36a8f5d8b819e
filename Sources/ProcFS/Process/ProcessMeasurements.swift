import Glibc

extension ProcessDirectory {
    /// The buffers are scratch space that keeps its capacity between calls.
    package func memoryStatus(using buffer: inout [UInt8]) throws(ProcFSError) -> MemoryStatus {
        try read("status", into: &buffer, limit: 64 * 1024)
        return try MemoryStatus(parsing: buffer.span)
    }

    package func limits(using buffer: inout [UInt8]) throws(ProcFSError) -> ProcLimits {
        try readStart(of: "limits", into: &buffer)
        return try ProcLimits(parsing: buffer.span)
    }

    /// Needs the permission to trace the process.
    package func io(using buffer: inout [UInt8]) throws(ProcFSError) -> ProcIO {
        try readStart(of: "io", into: &buffer)
        return try ProcIO(parsing: buffer.span)
    }

    package func cgroup(using buffer: inout [UInt8]) throws(ProcFSError) -> ProcCgroup {
        try read("cgroup", into: &buffer, limit: 256 * 1024)
        return try ProcCgroup(parsing: buffer.span)
    }

    /// Needs the permission to trace the process; walks its page tables and holds its mmap lock meanwhile.
    package func smapsRollup(using buffer: inout [UInt8]) throws(ProcFSError) -> SmapsRollup {
        try readStart(of: "smaps_rollup", into: &buffer)
        return try SmapsRollup(parsing: buffer.span)
    }

    package func stat(using buffer: inout [UInt8]) throws(ProcFSError) -> ProcStat {
        try readStart(of: "stat", into: &buffer)
        return try ProcStat(parsing: buffer.span)
    }

    /// Replaces `numbers` with the open descriptors; needs the permission to trace the process.
    package func listDescriptors(into numbers: inout [Int32]) throws(ProcFSError) {
        var entries = NumberedEntries(of: try open("fd", flags: O_RDONLY | O_DIRECTORY))
        try entries.list(into: &numbers, file: "fd")
    }

    /// The effective user; also of a process that isn't dumpable.
    package func effectiveUser() throws(ProcFSError) -> UInt32 { try owner(of: ".") }
}

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

/// A process's `limits`: proc_pid_limits(5).
package struct ProcLimits: Hashable, Sendable {
    /// How many descriptors it may have: the soft limit, `nil` when unlimited.
    package let openFiles: UInt64?

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        while !scanner.isAtEnd(of: bytes) {
            if scanner.accept(word: "Max open files", bytes) {
                scanner.skipBlanks(bytes)
                openFiles =
                    scanner.accept(word: "unlimited", bytes)
                    ? nil : try scanner.decimal(bytes).required("limits", "Max open files")
                return
            }
            _ = scanner.line(bytes)
        }
        throw .malformed(file: "limits", field: "Max open files")
    }
}
