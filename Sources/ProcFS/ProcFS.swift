import Glibc
package import ProfileModel

/// A mounted proc file system, or a directory that looks like one.
package struct ProcFS: Sendable {
    package let root: String

    package init(root: String = "/proc") { self.root = root }

    /// Opens the directory of a process, or of a thread by its own number.
    package func process(_ id: ProcessID) throws(ProcFSError) -> ProcessDirectory {
        try ProcessDirectory(of: id, in: self)
    }

    /// Opens the directory of the calling process, whatever its number is here (`self`).
    package func ownProcess() throws(ProcFSError) -> ProcessDirectory {
        let place = try Descriptor.open(root, flags: Descriptor.place)
        let number = Int32(try readLink("self", in: place.number))
        return try process(ProcessID(rawValue: number.required("self", "number")))
    }

    /// Opens the files of the calling thread (`thread-self`).
    package func ownThread() throws(ProcFSError) -> ThreadFiles {
        let place = try Descriptor.open(root, flags: Descriptor.place)
        let numbers = try readLink("thread-self", in: place.number).split(separator: "/").map { Int32($0) }
        guard numbers.count == 3, let process = numbers[0], let thread = numbers[2] else {
            throw .malformed(file: "thread-self", field: "number")
        }
        return try ThreadFiles(of: ThreadID(rawValue: thread), in: self.process(ProcessID(rawValue: process)))
    }

    /// The processes that are visible here, in ascending order; kernel threads too.
    package func processes() throws(ProcFSError) -> [ProcessID] {
        var entries = NumberedEntries(of: try Descriptor.open(root, flags: O_RDONLY | O_DIRECTORY))
        var numbers: [Int32] = []
        try entries.list(into: &numbers, file: root)
        return numbers.filter { $0 > 0 }.sorted().map(ProcessID.init(rawValue:))
    }

    /// The content of a small file, such as `sys/kernel/yama/ptrace_scope`, by its path below the root.
    package func bytes(of path: String, limit: Int = 64 * 1024) throws(ProcFSError) -> [UInt8] {
        var buffer: [UInt8] = []
        try Descriptor.open("\(root)/\(path)", flags: O_RDONLY).readAll(into: &buffer, limit: limit, file: path)
        return buffer
    }

    /// The number that a file of `/proc/sys` holds.
    package func setting(_ path: String) throws(ProcFSError) -> Int {
        let text = String(decoding: try bytes(of: path), as: UTF8.self)
        let digits = text.prefix { $0 == "-" || $0.isNumber }
        return try Int(digits).required(path, "number")
    }
}
