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
