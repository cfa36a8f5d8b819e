import Glibc
package import ProfileModel
internal import SystemSupport

/// Kept descriptors of one thread's files, each read again from its start.
///
/// They stay bound to the thread: once it has ended, every read says `.vanished`. Two descriptors at first, one more for
/// each of `schedstat`, `sched` and `syscall` once it is asked for.
package struct ThreadFiles: ~Copyable, Sendable {
    package let thread: ThreadID
    private let directory: OwnedDescriptor
    private let statFile: OwnedDescriptor
    private var schedstatFile: OwnedDescriptor?
    private var schedFile: OwnedDescriptor?
    private var systemCallFile: OwnedDescriptor?

    package init(of thread: ThreadID, in process: borrowing ProcessDirectory) throws(ProcFSError) {
        let directory = try process.open("task/\(thread)", flags: OwnedDescriptor.place)
        let statFile = try OwnedDescriptor.open("stat", in: directory.rawValue, flags: O_RDONLY)
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
        _ file: String, _ kept: inout OwnedDescriptor?, in directory: borrowing OwnedDescriptor,
        into buffer: inout [UInt8]
    ) throws(ProcFSError) {
        let descriptor =
            if let open = kept.take() { open } else {
                try OwnedDescriptor.open(file, in: directory.rawValue, flags: O_RDONLY)
            }
        let result = Result { () throws(ProcFSError) in try descriptor.readRecord(into: &buffer, file: file) }
        kept = consume descriptor
        try result.get()
    }
}

/// The threads of a process, by a kept descriptor of its `task` directory.
package struct TaskList: ~Copyable, Sendable {
    private var entries: NumberedEntries
    private var numbers: [Int32] = []

    package init(of process: borrowing ProcessDirectory) throws(ProcFSError) {
        entries = NumberedEntries(of: try process.open("task", flags: O_RDONLY | O_DIRECTORY))
    }

    /// Replaces `threads` with the threads that exist now, oldest first; `.vanished` when there are none left.
    package mutating func read(into threads: inout [ThreadID]) throws(ProcFSError) {
        threads.removeAll(keepingCapacity: true)
        try entries.list(into: &numbers, file: "task")
        guard !numbers.isEmpty else { throw .vanished(file: "task") }
        for number in numbers { threads.append(ThreadID(rawValue: number)) }
    }

    /// How many threads there are, by one fstat(2): the directory's links but `.` and `..`.
    ///
    /// A thread that ended while another began leaves it as it was.
    package func count() throws(ProcFSError) -> Int {
        let links = try entries.linkCount(file: "task")
        guard links >= 2 else { throw .vanished(file: "task") }
        return links - 2
    }
}
