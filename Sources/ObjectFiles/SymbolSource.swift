internal import CElf
internal import Glibc
internal import ProfileModel

/// A symbol section and the names that it refers to.
struct SymbolSource {
    let entries: [UInt8]
    let names: [UInt8]
    /// Each section's executable addresses, by section index; `nil` for one that holds no code.
    let code: [Range<UInt64>?]

    /// The first section of a type, `SHT_SYMTAB` or `SHT_DYNSYM`; `nil` when there is none, or a damaged one.
    init?(_ type: Int32, of elf: ElfFile) {
        guard let section = elf.sections.first(where: { $0.type == UInt32(type) && $0.hasContents }),
            elf.sections.indices.contains(section.link),
            let entries = try? elf.storedBytes(of: section, limit: Self.maximumEntries * Self.stride),
            let names = try? elf.storedBytes(of: elf.sections[section.link], limit: Self.maximumNamesSize)
        else { return nil }
        self.entries = entries
        self.names = names
        code = elf.sections.map { section in
            guard section.isExecutable, let end = section.end, end > section.address.rawValue else { return nil }
            return section.address.rawValue..<end
        }
    }

    var count: Int { entries.count / Self.stride }

    func symbol(at index: Int) -> Elf64_Sym? { entries.value(of: Elf64_Sym.self, at: index * Self.stride) }

    /// The addresses of the section that a symbol is in; `nil` when that holds no code.
    func code(of symbol: Elf64_Sym) -> Range<UInt64>? {
        let index = Int(symbol.st_shndx)
        if index == Int(SHN_UNDEF) { return nil }
        // An index that doesn't fit (SHN_XINDEX), or none (SHN_ABS): the address decides.
        if index >= Int(SHN_LORESERVE) { return code.lazy.compactMap(\.self).first { $0.contains(symbol.st_value) } }
        guard index < code.count, let range = code[index], range.contains(symbol.st_value) else { return nil }
        return range
    }

    static let stride = MemoryLayout<Elf64_Sym>.stride
    /// Chromium with every symbol has about a million.
    private static let maximumEntries = 8 << 20
    private static let maximumNamesSize = 1 << 29
}
