internal import CElf

/// The name and checksum of a separate debug file, from `.gnu_debuglink`.
///
/// Layout: GDB manual, "Separate Debug Files": a name that ends at a zero byte, padding up to a multiple of four, a CRC-32.
struct DebugLink {
    /// Without a directory.
    let name: String
    private let checksum: UInt32

    /// `nil` when there is none, or its name is not that of a file in a directory.
    init?(of elf: ElfFile) {
        guard let section = elf.section(named: ".gnu_debuglink"),
            let bytes = try? elf.storedBytes(of: section, limit: Self.maximumSize),
            let nameEnd = bytes.firstIndex(of: 0),
            let checksum = bytes.value(of: UInt32.self, at: (nameEnd + 4) & ~3),
            let name = String(validating: bytes[..<nameEnd], as: UTF8.self), Self.isFileName(name)
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
            let count = Int(min(file.image.size - offset, 1 << 20))
            guard (try? file.budget.spend(count, .bytes)) != nil,
                let bytes = file.image.bytes(at: offset, count: count)
            else { return false }
            // Safe: zlib reads `bytes.count` bytes.
            sum = unsafe crc32(sum, bytes, uInt(bytes.count))
            offset += UInt64(count)
        }
        return sum == UInt(checksum)
    }

    /// Whether it names a file in a directory, not a directory or a path.
    private static func isFileName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
            && name.unicodeScalars.allSatisfy { $0 != "/" && $0.value >= 0x20 && $0.value != 0x7f }
    }

    private static let maximumSize = 4096
    private static let maximumFileSize: UInt64 = 1 << 30
}
