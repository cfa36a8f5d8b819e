internal import CElf

/// The name and checksum of a separate debug file, from `.gnu_debuglink`.
///
/// Layout: GDB manual, "Separate Debug Files".
struct DebugLink {
    /// Without a directory.
    let name: String
    private let checksum: UInt32

    init?(of elf: ElfFile) {
        guard let section = elf.section(named: ".gnu_debuglink"),
            let bytes = try? elf.storedBytes(of: section, limit: Self.maximumSize),
            let name = bytes.string(at: 0, limit: bytes.count), !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")),
            let checksum = bytes.value(of: UInt32.self, at: bytes.count - 4)
        else { return nil }
        self.name = name
        self.checksum = checksum
    }

    /// Whether a file has the CRC-32 that the link gives.
    func matches(_ file: ElfFile) -> Bool {
        guard file.image.size <= Self.maximumFileSize else { return false }
        var sum: UInt = 0
        var offset: UInt64 = 0
        while offset < file.image.size {
            let count = min(file.image.size - offset, 1 << 20)
            guard let bytes = file.image.bytes(at: offset, count: Int(count)) else { return false }
            // Safe: zlib reads `bytes.count` bytes.
            sum = unsafe crc32(sum, bytes, uInt(bytes.count))
            offset += count
        }
        return sum == UInt(checksum)
    }

    private static let maximumSize = 4096
    private static let maximumFileSize: UInt64 = 1 << 30
}
