import CLinux
import Glibc
internal import SystemSupport

/// A file in memory that a process holds by a descriptor: memfd_create(2).
package struct MemoryFile: Hashable, Sendable {
    /// As its maker named it.
    package let name: String
    package let device: DeviceNumber
    package let inode: UInt64
    /// What it takes up in RAM and swap, in bytes, mapped or not.
    package private(set) var bytes: UInt64

    static let namePrefix = "/memfd:"

    /// Without what of it the process has mapped, and its mappings show; `nil` when that is all.
    package func unmapped(in smaps: Smaps) -> MemoryFile? {
        let mapped = smaps.entries.filter { $0.mapping.inode == inode && $0.mapping.device == device }
            .reduce(0) { $0 &+ $1.amount.resident &+ $1.amount.hugeTLB }
        guard bytes > mapped else { return nil }
        var rest = self
        rest.bytes = bytes - mapped
        return rest
    }
}

extension ProcessDirectory {
    /// The files in memory among the descriptors, each once; needs the permission to trace the process.
    ///
    /// - Parameter limit: Of the descriptors that are read.
    package func memoryFiles(limit: Int = 100_000) throws(ProcFSError) -> [MemoryFile] {
        var numbers: [Int32] = []
        try listDescriptors(into: &numbers)
        guard numbers.count <= limit else { throw .tooLarge(file: "fd", limit: limit) }
        let directory = try open("fd", flags: OwnedDescriptor.place)
        var files: [MemoryFile] = []
        var known: Set<UInt64> = []
        for number in numbers {
            guard let file = Self.memoryFile(number, directory), known.insert(file.inode).inserted else { continue }
            files.append(file)
        }
        return files
    }

    /// `nil` for what isn't one, and for a descriptor that was closed meanwhile.
    private static func memoryFile(_ number: Int32, _ directory: borrowing OwnedDescriptor) -> MemoryFile? {
        guard let link = try? readLink(String(number), in: directory.rawValue), link.hasPrefix(MemoryFile.namePrefix)
        else {
            return nil
        }
        var status = clinux_file()
        // Safe: the call fills the structure. A file system of the target's that poses as this one isn't asked anything.
        guard unsafe clinux_status_as_known(directory.rawValue, String(number), &status) == 0, status.links == 0 else {
            return nil
        }
        let (bytes, overflowed) = status.blocks.multipliedReportingOverflow(by: 512)
        guard !overflowed else { return nil }
        return MemoryFile(
            name: String(DeletedSuffix.removed(from: link).text.dropFirst()),
            device: DeviceNumber(major: status.device_major, minor: status.device_minor), inode: status.inode,
            bytes: bytes)
    }
}
