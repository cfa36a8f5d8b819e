import Glibc
package import ProfileModel

/// Kept descriptors of one thread's files, each read again from its start.
///
/// They stay bound to the thread: once it has ended, every read says `.vanished`. Two descriptors at first, one more for
/// each of `schedstat`, `sched` and `syscall` once it is asked for.
package struct ThreadFiles: ~Copyable, Sendable {
    package let thread: ThreadID
    private let directory: Descriptor
    private let statFile: Descriptor
    private var schedstatFile: Descriptor?
    private var schedFile: Descriptor?
    private var systemCallFile: Descriptor?

    package init(of thread: ThreadID, in process: borrowing ProcessDirectory) throws(ProcFSError) {
        let directory = try process.open("task/\(thread)", flags: Descriptor.place)
        let statFile = try Descriptor.open("stat", in: directory.number, flags: O_RDONLY)
        self.thread = thread
        self.directory = directory
        self.statFile = statFile
    }

    /// The buffer is scratch space that keeps its capacity between calls.
    package func stat(using buffer: inout [UInt8]) throws(ProcFSError) -> ProcStat {
        try statFile.readRecord(into: &buffer, file: "stat")
        return try ProcStat(parsing: buffer.span)
    }

    package mutating func schedstat(using buffer: inout [UInt8]) throws(ProcFSError) -> Schedstat {
        try Self.read("schedstat", &schedstatFile, in: directory, into: &buffer)
        return try Schedstat(parsing: buffer.span)
    }

    /// Takes about 7 µs, ten times as long as `schedstat`.
    package mutating func sched(using buffer: inout [UInt8]) throws(ProcFSError) -> ThreadSched {
        try Self.read("sched", &schedFile, in: directory, into: &buffer)
        return try ThreadSched(parsing: buffer.span)
    }

    /// Needs the permission to trace the process, each time that it is read.
    package mutating func systemCall(using buffer: inout [UInt8]) throws(ProcFSError) -> ThreadSystemCall {
        try Self.read("syscall", &systemCallFile, in: directory, into: &buffer)
        return try ThreadSystemCall(parsing: buffer.span)
    }

    private static func read(
        _ file: String, _ kept: inout Descriptor?, in directory: borrowing Descriptor, into buffer: inout [UInt8]
    ) throws(ProcFSError) {
        let descriptor =
            if let open = kept.take() { open } else { try Descriptor.open(file, in: directory.number, flags: O_RDONLY) }
        let result = Result { () throws(ProcFSError) in try descriptor.readRecord(into: &buffer, file: file) }
        kept = consume descriptor
        try result.get()
    }
}
