import Glibc
internal import SystemSupport

/// A process's memory in pages: `statm`, proc_pid_statm(5).
package struct Statm: Hashable, Sendable {
    package let virtualPages: UInt64
    /// The kernel batches this per thread, so it can lag by 64 pages per thread.
    package let residentPages: UInt64
    /// Resident pages of files and shared memory.
    package let sharedPages: UInt64
    package let textPages: UInt64
    /// Writable private pages and stacks.
    package let dataPages: UInt64

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        virtualPages = try scanner.decimal(bytes).required("statm", "size")
        residentPages = try scanner.decimal(bytes).required("statm", "resident")
        sharedPages = try scanner.decimal(bytes).required("statm", "shared")
        textPages = try scanner.decimal(bytes).required("statm", "text")
        scanner.skipWords(1, bytes)
        dataPages = try scanner.decimal(bytes).required("statm", "data")
    }
}

/// A kept descriptor of a process's `statm`, read again from its start.
///
/// It stays bound to the process, also when that executes another program.
package struct StatmFile: ~Copyable, Sendable {
    private let file: OwnedDescriptor

    package init(of process: borrowing ProcessDirectory) throws(ProcFSError) {
        file = try process.open("statm")
    }

    /// The buffer is scratch space that keeps its capacity between calls.
    package func read(using buffer: inout [UInt8]) throws(ProcFSError) -> Statm {
        try file.readRecord(into: &buffer, file: "statm")
        return try Statm(parsing: buffer.span)
    }
}

/// What `statm` and `stat` count memory in.
package let pageBytes = UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 1))
