import Glibc
package import ProfileModel
internal import SystemSupport

/// The files of one thread, each read from its start as often as it is asked for.
///
/// Kept ones stay open and bound to the thread: once it has ended, every read says `.vanished`. Others are opened for
/// each read, which takes some 5 µs more, and are those of the process's thread that has the number then.
package struct ThreadFiles: ~Copyable, Sendable {
    package let thread: ThreadID
    private let tasks: TaskDirectory
    private var kept: KeptThreadFiles?

    /// Opens the files to keep them.
    package init(of thread: ThreadID, in process: borrowing ProcessDirectory) throws(ProcFSError) {
        let tasks = try TaskDirectory(of: process)
        let files = try KeptThreadFiles(of: thread, in: tasks)
        self.thread = thread
        self.tasks = tasks
        kept = consume files
    }

    /// Opens nothing yet; the thread may have ended.
    package init(of thread: ThreadID, in tasks: TaskDirectory) {
        self.thread = thread
        self.tasks = tasks
        kept = nil
    }

    /// Keeps the files open from now on.
    package mutating func keep() throws(ProcFSError) { kept = try KeptThreadFiles(of: thread, in: tasks) }

    /// The buffer is scratch space that keeps its capacity between calls.
    package mutating func stat(using buffer: inout [UInt8]) throws(ProcFSError) -> ProcStat {
        try read(.stat, into: &buffer)
        return try ProcStat(parsing: buffer.span)
    }

    package mutating func schedstat(using buffer: inout [UInt8]) throws(ProcFSError) -> Schedstat {
        try read(.schedstat, into: &buffer)
        return try Schedstat(parsing: buffer.span)
    }

    /// Takes about 7 µs, ten times as long as `schedstat`.
    package mutating func sched(using buffer: inout [UInt8]) throws(ProcFSError) -> ThreadSched {
        try read(.sched, into: &buffer)
        return try ThreadSched(parsing: buffer.span)
    }

    /// Needs the permission to trace the process, each time that it is read.
    package mutating func systemCall(using buffer: inout [UInt8]) throws(ProcFSError) -> ThreadSystemCall {
        try read(.systemCall, into: &buffer)
        return try ThreadSystemCall(parsing: buffer.span)
    }

    private mutating func read(_ file: ThreadFile, into buffer: inout [UInt8]) throws(ProcFSError) {
        guard var files = kept.take() else {
            return try Self.readOnce(file, of: thread, in: tasks, into: &buffer)
        }
        do throws(ProcFSError) {
            try files.read(file, into: &buffer)
        } catch {
            kept = consume files
            throw error
        }
        kept = consume files
    }

    private static func readOnce(
        _ file: ThreadFile, of thread: ThreadID, in tasks: TaskDirectory, into buffer: inout [UInt8]
    ) throws(ProcFSError) {
        let path = "\(thread)/\(file.rawValue)"
        try OwnedDescriptor.open(path, in: tasks.place.rawValue, flags: O_RDONLY).readRecord(into: &buffer, file: path)
    }
}

/// A file of a thread, by its name.
private enum ThreadFile: String {
    case stat, schedstat, sched
    case systemCall = "syscall"
}

/// Open files of one thread: two descriptors at first, one more for each other file once it is asked for.
private struct KeptThreadFiles: ~Copyable, Sendable {
    private let directory: OwnedDescriptor
    private let stat: OwnedDescriptor
    private var schedstat: OwnedDescriptor?
    private var sched: OwnedDescriptor?
    private var systemCall: OwnedDescriptor?

    init(of thread: ThreadID, in tasks: TaskDirectory) throws(ProcFSError) {
        let directory = try OwnedDescriptor.open(
            "\(thread)", in: tasks.place.rawValue, flags: OwnedDescriptor.place)
        let stat = try OwnedDescriptor.open("stat", in: directory.rawValue, flags: O_RDONLY)
        self.directory = directory
        self.stat = stat
    }

    mutating func read(_ file: ThreadFile, into buffer: inout [UInt8]) throws(ProcFSError) {
        switch file {
        case .stat: try stat.readRecord(into: &buffer, file: file.rawValue)
        case .schedstat: try Self.read(file, &schedstat, in: directory, into: &buffer)
        case .sched: try Self.read(file, &sched, in: directory, into: &buffer)
        case .systemCall: try Self.read(file, &systemCall, in: directory, into: &buffer)
        }
    }

    private static func read(
        _ file: ThreadFile, _ kept: inout OwnedDescriptor?, in directory: borrowing OwnedDescriptor,
        into buffer: inout [UInt8]
    ) throws(ProcFSError) {
        let descriptor =
            if let open = kept.take() { open } else {
                try OwnedDescriptor.open(file.rawValue, in: directory.rawValue, flags: O_RDONLY)
            }
        let result = Result { () throws(ProcFSError) in
            try descriptor.readRecord(into: &buffer, file: file.rawValue)
        }
        kept = consume descriptor
        try result.get()
    }
}

/// The `task` directory of a process, as a place to open the files of its threads from.
package final class TaskDirectory: Sendable {
    fileprivate let place: OwnedDescriptor

    package init(of process: borrowing ProcessDirectory) throws(ProcFSError) {
        place = try process.open("task", flags: OwnedDescriptor.place)
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
