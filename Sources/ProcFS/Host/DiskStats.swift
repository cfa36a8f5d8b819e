import Glibc

/// What block devices have read and written: `/proc/diskstats`, the kernel's Documentation/admin-guide/iostats.
package struct DiskStats: Hashable, Sendable {
    package struct Device: Hashable, Sendable {
        package let name: String
        package let readBytes: UInt64
        package let writtenBytes: UInt64
    }

    /// Partitions and stacked devices too.
    package let devices: [Device]

    package init(parsing bytes: [UInt8]) throws(ProcFSError) { try self.init(parsing: bytes.span) }

    package init(parsing bytes: Span<UInt8>) throws(ProcFSError) {
        var scanner = ByteScanner()
        var devices: [Device] = []
        while !scanner.isAtEnd(of: bytes) {
            let line = bytes.extracting(scanner.line(bytes))
            guard !line.isEmpty else { continue }
            devices.append(try Self.device(line))
        }
        self.devices = devices
    }

    private static func device(_ line: Span<UInt8>) throws(ProcFSError) -> Device {
        var scanner = ByteScanner()
        scanner.skipWords(2, line)
        scanner.skipBlanks(line)
        let start = scanner.offset
        scanner.skipWords(1, line)
        let name = String(line, start..<scanner.offset)
        guard !name.isEmpty else { throw .malformed(file: "diskstats", field: "name") }
        scanner.skipWords(2, line)
        let read = try sectors(&scanner, line)
        scanner.skipWords(3, line)
        return Device(name: name, readBytes: read, writtenBytes: try sectors(&scanner, line))
    }

    /// Sectors are of 512 bytes, whatever the device's own are.
    private static func sectors(_ scanner: inout ByteScanner, _ line: Span<UInt8>) throws(ProcFSError) -> UInt64 {
        let sectors = try scanner.decimal(line).required("diskstats", "sectors")
        guard sectors <= UInt64.max / 512 else { throw .malformed(file: "diskstats", field: "sectors") }
        return sectors * 512
    }
}

/// The block devices that `/sys` shows, or a directory that looks like it.
package struct BlockDevices: Sendable {
    private let root: String

    package init(root: String = "/sys") { self.root = root }

    package var isOffered: Bool { Self.exists("\(root)/block") }

    /// Whether a device of `diskstats` is neither a partition, nor stacked on another, nor in memory.
    ///
    /// Device mappers and RAID have `slaves`; loop devices have a file, which another device holds.
    package func isWhole(_ name: String) -> Bool {
        guard !["loop", "ram", "zram"].contains(where: { name.hasPrefix($0) }), !name.contains("..") else {
            return false
        }
        // A slash in a device's name is shown as an exclamation mark.
        let directory = "\(root)/block/\(String(name.map { $0 == "/" ? "!" : $0 }))"
        return Self.exists(directory) && !Self.hasEntries("\(directory)/slaves")
    }

    private static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    private static func hasEntries(_ path: String) -> Bool {
        guard let directory = unsafe opendir(path) else { return false }
        // Safe: the directory was opened above and is closed once.
        defer { unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        return count > 2
    }
}
