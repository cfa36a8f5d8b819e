import CLinux
import Glibc
internal import SystemSupport

/// A file in memory that a process holds by a descriptor, and that has no name any more: of memfd_create(2), or an unlinked one of
/// a tmpfs, as shm_open(3) makes them.
package struct MemoryFile: Hashable, Sendable {
    /// `memfd:` and the name that its maker gave it, or the path that it had.
    package let name: String
    package let device: DeviceNumber
    package let inode: UInt64
    /// What it takes up in RAM and swap, in bytes, mapped or not.
    package private(set) var bytes: UInt64

    static let namePrefix = "/memfd:"

    package var key: SharedMemoryUse.Key { SharedMemoryUse.Key(device: device, inode: inode) }

    /// Without what of it the process has mapped, and its mappings show; `nil` when that is all.
    package func unmapped(in mapped: [SharedMemoryUse.Key: SharedMemoryUse]) -> MemoryFile? {
        let mapped = mapped[key]?.distinct ?? 0
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
        var known: Set<SharedMemoryUse.Key> = []
        var fileSystems: MemoryFileSystems?
        for number in numbers {
            guard let link = try? readLink(String(number), in: directory.rawValue),
                let file = memoryFile(number, link, directory, &fileSystems), known.insert(file.key).inserted
            else { continue }
            files.append(file)
        }
        return files
    }

    /// `nil` for what isn't one, and for a descriptor that was closed meanwhile.
    ///
    /// - Parameter fileSystems: read when they are needed for the first time.
    func memoryFile(
        _ number: Int32, _ link: String, _ directory: borrowing OwnedDescriptor, _ fileSystems: inout MemoryFileSystems?
    ) -> MemoryFile? {
        let isOfMemory = link.hasPrefix(MemoryFile.namePrefix)
        guard isOfMemory || link.hasPrefix("/") && link.hasSuffix(DeletedSuffix.text) else { return nil }
        var status = clinux_file()
        // Safe: the call fills the structure. A file system of the target's that poses as this one isn't asked anything.
        guard unsafe clinux_status_as_known(directory.rawValue, String(number), &status) == 0, status.links == 0 else {
            return nil
        }
        let device = DeviceNumber(major: status.device_major, minor: status.device_minor)
        if !isOfMemory {
            let known = fileSystems ?? MemoryFileSystems(of: self)
            fileSystems = known
            guard known.devices.contains(device) else { return nil }
        }
        let (bytes, overflowed) = status.blocks.multipliedReportingOverflow(by: 512)
        guard !overflowed else { return nil }
        let name = DeletedSuffix.removed(from: link).text
        return MemoryFile(
            name: isOfMemory ? String(name.dropFirst()) : name, device: device, inode: status.inode, bytes: bytes)
    }
}
