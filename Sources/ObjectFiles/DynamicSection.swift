internal import CElf
internal import Glibc
internal import ProfileModel

/// What a file has for the dynamic linker: `PT_DYNAMIC` (gABI, "Dynamic Section").
///
/// Needs no section headers, which a program runs without.
struct DynamicSection {
    private let values: [Int64: UInt64]

    /// `nil` where the file has none.
    init?(of elf: ElfFile) {
        guard let range = elf.dynamicSection else { return nil }
        let count = Int(min(range.size, Self.maximumSize))
        let bytes = elf.cachedBytes(at: range.address, count: count)
        var values: [Int64: UInt64] = [:]
        for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Elf64_Dyn>.stride) {
            // `Elf64_Dyn`: a tag, and a value or an address of eight bytes.
            guard let tag = bytes.value(of: Int64.self, at: offset), tag != Int64(DT_NULL),
                let value = bytes.value(of: UInt64.self, at: offset + 8)
            else { break }
            values[tag] = values[tag] ?? value
        }
        self.values = values
    }

    subscript(_ tag: Int32) -> UInt64? { values[Int64(tag)] }

    func address(_ tag: Int32) -> FileAddress? { self[tag].map(FileAddress.init(rawValue:)) }

    /// Linkers write some thirty entries.
    private static let maximumSize: UInt64 = 1 << 14
}
