package import ProfileModel
internal import SystemSupport

/// The address space of a process: `maps`, proc_pid_maps(5).
package struct ProcMaps: Hashable, Sendable {
    /// In ascending order; no two overlap.
    package let entries: [MemoryMapping]

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var entries: [MemoryMapping] = []
        var names = NameReader()
        var scanner = ByteScanner()
        while !scanner.isAtEnd(of: bytes) {
            let entry = try Self.entry(&scanner, bytes, &names)
            if let last = entries.last, entry.start < last.end { throw .malformed(file: "maps", field: "start") }
            entries.append(entry)
        }
        self.entries = entries
    }

    /// The range that holds an address.
    package func mapping(containing address: Address) -> MemoryMapping? {
        let index = entries.partitionPoint { $0.end <= address }
        guard index < entries.count, entries[index].contains(address) else { return nil }
        return entries[index]
    }

    /// `START-END rwxp OFFSET MAJOR:MINOR INODE   NAME`, hexadecimal but for the inode.
    static func entry(
        _ scanner: inout ByteScanner, _ bytes: Span<UInt8>, _ names: inout NameReader
    ) throws(ProcFSError) -> MemoryMapping {
        let start = try scanner.hexadecimal(bytes).required("maps", "start")
        guard scanner.accept(.minus, bytes) else { throw .malformed(file: "maps", field: "end") }
        let end = try scanner.hexadecimal(bytes).required("maps", "end")
        guard start < end else { throw .malformed(file: "maps", field: "end") }
        let permissions = try permissions(&scanner, bytes).required("maps", "permissions")
        let offset = try scanner.hexadecimal(bytes).required("maps", "offset")
        let device = try device(&scanner, bytes).required("maps", "device")
        let inode = try scanner.decimal(bytes).required("maps", "inode")
        scanner.skipBlanks(bytes)
        let name = names.name(bytes, scanner.line(bytes))
        return MemoryMapping(
            start: Address(rawValue: start), end: Address(rawValue: end), permissions: permissions, offset: offset,
            device: device, inode: inode, name: name.text, isDeleted: name.isDeleted)
    }

    private static func permissions(_ scanner: inout ByteScanner, _ bytes: Span<UInt8>) -> MappingPermissions? {
        scanner.skipBlanks(bytes)
        guard let read = scanner.choice("r", "-", bytes), let write = scanner.choice("w", "-", bytes),
            let execute = scanner.choice("x", "-", bytes), let shared = scanner.choice("s", "p", bytes)
        else { return nil }
        var permissions: MappingPermissions = []
        if read { permissions.insert(.read) }
        if write { permissions.insert(.write) }
        if execute { permissions.insert(.execute) }
        if shared { permissions.insert(.shared) }
        return permissions
    }

    private static func device(_ scanner: inout ByteScanner, _ bytes: Span<UInt8>) -> DeviceNumber? {
        guard let major = scanner.hexadecimal(bytes).flatMap(UInt32.init(exactly:)),
            scanner.accept(UInt8(ascii: ":"), bytes),
            let minor = scanner.hexadecimal(bytes).flatMap(UInt32.init(exactly:))
        else { return nil }
        return DeviceNumber(major: major, minor: minor)
    }
}

/// Makes names of `maps` lines; the lines of one object follow each other and share one string.
struct NameReader {
    private var lastRange = 0..<0
    private var last = (text: "", isDeleted: false)

    mutating func name(_ bytes: Span<UInt8>, _ range: Range<Int>) -> (text: String, isDeleted: Bool) {
        guard !range.isEmpty else { return ("", false) }
        if !isSame(bytes, range) { last = Self.read(bytes, range) }
        lastRange = range
        return last
    }

    private func isSame(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count == lastRange.count else { return false }
        // From the end, where paths differ.
        return (1...range.count).allSatisfy { bytes[range.upperBound - $0] == bytes[lastRange.upperBound - $0] }
    }

    private static func read(_ bytes: Span<UInt8>, _ range: Range<Int>) -> (text: String, isDeleted: Bool) {
        let path = String(decoding: unescaped(bytes, range), as: UTF8.self)
        // The kernel marks only names that are paths.
        guard path.utf8.first == UInt8(ascii: "/") else { return (path, false) }
        return DeletedSuffix.removed(from: path)
    }

    /// Undoes `\012`: the newline is all that show_map_vma() escapes, so that any other backslash is itself.
    private static func unescaped(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            if isEscapedNewline(bytes, index, before: range.upperBound) {
                result.append(.newline)
                index += 4
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    private static func isEscapedNewline(_ bytes: Span<UInt8>, _ index: Int, before end: Int) -> Bool {
        index + 4 <= end && bytes[index] == .backslash && bytes[index + 1] == UInt8(ascii: "0")
            && bytes[index + 2] == UInt8(ascii: "1") && bytes[index + 3] == UInt8(ascii: "2")
    }
}

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

    /// Whether it is a block device.
    ///
    /// Network file systems, FUSE, overlayfs, btrfs and tmpfs have the major number 0.
    package var isOfDisk: Bool { major != 0 }
}

/// The mark that the kernel appends to the path of a file that has no name any more (d_path()).
enum DeletedSuffix {
    static let text = " (deleted)"

    static func removed(from path: String) -> (text: String, isDeleted: Bool) {
        guard path.utf8.count > text.utf8.count, path.hasSuffix(text) else { return (path, false) }
        return (String(path.dropLast(text.count)), true)
    }
}
