import Glibc
package import ProfileModel

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
