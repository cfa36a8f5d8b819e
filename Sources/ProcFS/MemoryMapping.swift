package import ProfileModel

/// One range of a process's address space: a line of `maps`, proc_pid_maps(5).
package struct MemoryMapping: Hashable, Sendable {
    package let start: Address
    /// The first address behind the range.
    package let end: Address
    package let permissions: MappingPermissions
    /// Where the range begins in its file, in bytes.
    package let offset: UInt64
    package let device: DeviceNumber
    /// The file's inode number on `device`; 0 where no file backs the range.
    package let inode: UInt64
    /// The path, `[heap]`, `[stack]`, `[vdso]`, `[anon:NAME]` and the like, or empty.
    ///
    /// It names the file in the process's own mount namespace. `\012` stands for a newline there as well as for itself,
    /// ` (deleted)` may belong to the name, and bytes that are not UTF-8 are replaced: to open exactly this file, use
    /// `/proc/PID/map_files/START-END`.
    package let name: String
    /// Whether the kernel says that the file has no name any more; `name` is without that suffix.
    package let isDeleted: Bool

    init(
        start: Address, end: Address, permissions: MappingPermissions, offset: UInt64, device: DeviceNumber,
        inode: UInt64, name: String, isDeleted: Bool
    ) {
        self.start = start
        self.end = end
        self.permissions = permissions
        self.offset = offset
        self.device = device
        self.inode = inode
        self.name = name
        self.isDeleted = isDeleted
    }

    /// A mapping as the kernel describes a new one, with the suffix of a deleted file and `//anon` for no file.
    package init(
        start: Address, end: Address, permissions: MappingPermissions, offset: UInt64, device: DeviceNumber,
        inode: UInt64, reportedName: String
    ) {
        let (name, isDeleted) = DeletedSuffix.removed(from: reportedName)
        self.init(
            start: start, end: end, permissions: permissions, offset: offset, device: device, inode: inode,
            name: name == "//anon" ? "" : name, isDeleted: isDeleted)
    }

    package var size: UInt64 { end.rawValue - start.rawValue }

    package var isExecutable: Bool { permissions.contains(.execute) }

    /// Whether a file backs the range.
    package var isFile: Bool { inode != 0 && name.utf8.first == UInt8(ascii: "/") }

    package func contains(_ address: Address) -> Bool { start <= address && address < end }
}

/// What may be done in a range of memory, and whether writes stay in the process.
package struct MappingPermissions: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let read = MappingPermissions(rawValue: 1)
    package static let write = MappingPermissions(rawValue: 2)
    package static let execute = MappingPermissions(rawValue: 4)
    /// `s`, not `p`: writes reach the file and the other processes that map it.
    package static let shared = MappingPermissions(rawValue: 8)
}

/// The device that holds a file; with its inode number it identifies the file.
package struct DeviceNumber: Hashable, Sendable {
    package let major: UInt32
    package let minor: UInt32

    package init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }
}
