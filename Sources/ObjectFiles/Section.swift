internal import CElf
internal import Glibc
package import ProfileModel

/// A named part of an object file.
package struct Section: Sendable, Hashable {
    package let name: String
    package let address: FileAddress
    package let fileOffset: UInt64
    /// The size in the file; a compressed section's contents are larger.
    package let size: UInt64
    /// Part of the process's memory, unlike a symbol table or debug information.
    package let isAllocated: Bool
    package let isExecutable: Bool
    /// Its place in the section header table.
    let index: Int
    /// The header's `sh_flags` has `SHF_COMPRESSED`: an `Elf64_Chdr` precedes the bytes.
    let isCompressed: Bool
    /// The header's `sh_type`.
    let type: UInt32
    /// The header's `sh_link`: for a symbol table, the index of its string table.
    let link: Int

    init(_ header: Elf64_Shdr, index: Int, name: String) {
        self.name = name
        self.index = index
        address = FileAddress(rawValue: header.sh_addr)
        fileOffset = header.sh_offset
        size = header.sh_size
        isAllocated = header.sh_flags & UInt64(SHF_ALLOC) != 0
        isExecutable = header.sh_flags & UInt64(SHF_EXECINSTR) != 0
        isCompressed = header.sh_flags & UInt64(SHF_COMPRESSED) != 0
        type = header.sh_type
        link = Int(header.sh_link)
    }

    /// The first address after the section; `nil` when it would lie past the address space.
    var end: UInt64? {
        let (end, overflow) = address.rawValue.addingReportingOverflow(size)
        return overflow ? nil : end
    }

    /// Whether its contents differ from what the file stores.
    package var isStoredCompressed: Bool { isCompressed || name.hasPrefix(".zdebug_") }

    /// Whether the file holds the section's bytes, as it doesn't for `.bss` or for the code in a debug file.
    var hasContents: Bool { type != UInt32(SHT_NOBITS) && type != UInt32(SHT_NULL) }
}

/// Values laid out in bytes as C lays them out, in this machine's byte order, which is that of every file accepted.
extension Array where Element == UInt8 {
    /// The value at `offset`; `nil` where its bytes go past the end.
    func value<Value: BitwiseCopyable>(of type: Value.Type, at offset: Int) -> Value? {
        let size = MemoryLayout<Value>.size
        guard offset >= 0, count >= size, offset <= count - size else { return nil }
        return unsafe withUnsafeBytes { memory in
            // Safe: the guard left `size` bytes after `offset`, and every bit pattern is a value of the C types read.
            unsafe memory.loadUnaligned(fromByteOffset: offset, as: type)
        }
    }

    /// The bytes from `offset` up to a zero byte, the end, or `limit`.
    func string(at offset: Int, limit: Int) -> String? {
        guard offset >= 0, offset < count else { return nil }
        let end = count - offset > limit ? offset + limit : count
        return String(decoding: self[offset..<end].prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// Text up to a zero byte, the end of the bytes, or `limit`.
///
/// - Parameter read: gives as many bytes at a position as there are, up to a count.
func zeroTerminated(limit: Int, reading read: (_ position: Int, _ count: Int) -> [UInt8]) -> [UInt8] {
    let chunk = 256
    var text: [UInt8] = []
    while text.count < limit {
        let part = read(text.count, min(chunk, limit - text.count)).prefix { $0 != 0 }
        text += part
        if part.count < chunk { break }
    }
    return text
}
