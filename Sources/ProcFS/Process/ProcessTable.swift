import Glibc
package import ProfileModel
internal import SystemSupport

/// The processes of a mounted proc file system, by a kept descriptor of its directory.
///
/// For reading all of them again and again: nothing is allocated once its buffers have grown.
package struct ProcessTable: ~Copyable, Sendable {
    private let place: OwnedDescriptor
    private var entries: NumberedEntries
    private var buffer: [UInt8] = []
    private let sizesCountDescriptors: Bool

    package init(of procfs: ProcFS) throws(ProcFSError) {
        let place = try OwnedDescriptor.open(procfs.root, flags: OwnedDescriptor.place)
        let directory = try OwnedDescriptor.open(".", in: place.rawValue, flags: O_RDONLY | O_DIRECTORY)
        sizesCountDescriptors = Self.sizesCountDescriptors(place)
        self.place = place
        entries = NumberedEntries(of: directory)
    }

    /// Replaces `numbers` with the processes that are visible here, in ascending order; kernel threads too.
    package mutating func list(into numbers: inout [Int32]) throws(ProcFSError) {
        try entries.list(into: &numbers, file: "proc")
        numbers.removeAll { $0 <= 0 }
        numbers.sort()
    }

    package mutating func stat(of process: ProcessID) throws(ProcFSError) -> ProcStat {
        try OwnedDescriptor.open("\(process)/stat", in: place.rawValue, flags: O_RDONLY)
            .readRecord(into: &buffer, file: "stat")
        return try ProcStat(parsing: buffer.span)
    }

    package mutating func statm(of process: ProcessID) throws(ProcFSError) -> Statm {
        try OwnedDescriptor.open("\(process)/statm", in: place.rawValue, flags: O_RDONLY)
            .readRecord(into: &buffer, file: "statm")
        return try Statm(parsing: buffer.span)
    }

    package func directory(of process: ProcessID) throws(ProcFSError) -> ProcessDirectory {
        try ProcessDirectory(of: process, in: place)
    }

    /// How many descriptors a process has open.
    ///
    /// Since Linux 6.2 the size of `fd` says so, to everybody. Before, its entries are counted, which needs the
    /// permission to trace the process.
    package func descriptorCount(of process: borrowing ProcessDirectory) throws(ProcFSError) -> UInt64 {
        if sizesCountDescriptors { return try process.size(of: "fd") }
        var numbers: [Int32] = []
        try process.listDescriptors(into: &numbers)
        return UInt64(numbers.count)
    }

    /// Whether the size of `fd` is the number of descriptors, found out on this process's own.
    private static func sizesCountDescriptors(_ place: borrowing OwnedDescriptor) -> Bool {
        var numbers: [Int32] = []
        guard let directory = try? OwnedDescriptor.open("self/fd", in: place.rawValue, flags: O_RDONLY | O_DIRECTORY)
        else { return false }
        var entries = NumberedEntries(of: directory)
        guard let size = try? entries.size(file: "fd"), (try? entries.list(into: &numbers, file: "fd")) != nil
        else { return false }
        return size > 0 && size == numbers.count
    }

    /// Replaces the buffer's content with a file of the host, by its path below the root, such as `net/dev`.
    package func read(_ path: String, into buffer: inout [UInt8], limit: Int) throws(ProcFSError) {
        try OwnedDescriptor.open(path, in: place.rawValue, flags: O_RDONLY).readAll(
            into: &buffer, limit: limit, file: path)
    }
}
