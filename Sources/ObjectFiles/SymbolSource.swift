internal import CElf
internal import Glibc
internal import ProfileModel
internal import SystemSupport

/// A symbol section of a file and the section that holds its names, read piece by piece.
struct SymbolSource: Sendable {
    let elf: ElfFile
    private let entries: Section
    let names: Section
    /// Each section's executable addresses, by section index; `nil` for one that holds no code.
    private let code: [Range<UInt64>?]
    /// Those that there are, in the order of their addresses.
    private let orderedCode: [Range<UInt64>]
    /// Whether the table has the functions that a file keeps to itself, too.
    ///
    /// Then a label reaches to the next symbol. In a table of exported symbols, any function may follow it.
    private(set) var hasLocalSymbols = false

    /// The first section of a type, `SHT_SYMTAB` or `SHT_DYNSYM`; `nil` when there is none, or one without names.
    ///
    /// - Parameter isExtract: whether symbols of some kinds were left out.
    init?(_ type: Int32, of elf: ElfFile, isExtract: Bool) {
        guard let section = elf.sections.first(where: { $0.type == UInt32(type) && $0.hasContents }),
            elf.sections.indices.contains(section.link), elf.sections[section.link].hasContents
        else { return nil }
        self.elf = elf
        entries = section
        names = elf.sections[section.link]
        code = elf.sections.map { section in
            guard section.isExecutable, let end = section.end, end > section.address.rawValue else { return nil }
            return section.address.rawValue..<end
        }
        orderedCode = code.compactMap(\.self).sorted { $0.lowerBound < $1.lowerBound }
        hasLocalSymbols = type == SHT_SYMTAB && !isExtract && beginsWithLocalCode()
    }

    /// Whether one of the first symbols is a local function or label, of which a linked program has some in any case
    /// (`deregister_tm_clones`) unless an option keeps none (`ld --discard-all`, `strip --discard-all`).
    private func beginsWithLocalCode() -> Bool {
        stride(from: 0, to: Int(Self.chunk), by: Self.firstChunk).contains { first in
            let offset = UInt64(first * Self.entrySize)
            let bytes = elf.cachedBytes(of: entries, at: offset, count: Self.firstChunk * Self.entrySize)
            return stride(from: 0, to: bytes.count, by: Self.entrySize).contains { offset in
                bytes.value(of: Elf64_Sym.self, at: offset).map(isLocalCode) ?? false
            }
        }
    }

    private func isLocalCode(_ symbol: Elf64_Sym) -> Bool {
        symbol.st_name != 0 && Int32(symbol.st_info >> 4) == STB_LOCAL && code(of: symbol) != nil
            && [STT_FUNC, STT_NOTYPE].contains(Int32(symbol.st_info & 0xf))
    }

    /// Reads the functions and labels of the section, some thousands at a time.
    ///
    /// - Parameters:
    ///   - number: what the candidates know this source by.
    ///   - body: is called with each part.
    func read(
        number: UInt8, _ body: ([SymbolCandidate]) throws(BudgetExhausted) -> Void
    ) throws(ObjectFileError) {
        var candidates: [SymbolCandidate] = []
        try readEntries { (bytes) throws(BudgetExhausted) in
            candidates.removeAll(keepingCapacity: true)
            append(symbolsIn: bytes, number, to: &candidates)
            try body(candidates)
        }
    }

    /// Reads the section's symbols of any kind, some thousands at a time.
    ///
    /// - Parameter body: is called with the bytes of each part, which are whole `Elf64_Sym`.
    func readEntries(_ body: ([UInt8]) throws(BudgetExhausted) -> Void) throws(ObjectFileError) {
        let count = entries.size / UInt64(Self.entrySize)
        guard count <= Self.maximumEntries else {
            throw .tooLarge(
                path: elf.path, part: "the number of symbols in \(entries.name)", size: count,
                limit: Self.maximumEntries)
        }
        guard elf.image.holds(entries.size, at: entries.fileOffset) else { throw damaged }
        var next: UInt64 = 0
        while next < count {
            let wanted = Int(min(count - next, Self.chunk))
            try withinBudget(elf.path, entries.name) { () throws(BudgetExhausted) in
                try elf.budget.spend(wanted, .entries)
                try elf.budget.spend(wanted * Self.entrySize, .bytes)
            }
            let bytes = elf.image.bytes(
                upTo: wanted * Self.entrySize, at: entries.fileOffset + next * UInt64(Self.entrySize))
            guard bytes.count == wanted * Self.entrySize else { throw damaged }
            try withinBudget(elf.path, entries.name) { () throws(BudgetExhausted) in try body(bytes) }
            next += UInt64(wanted)
        }
    }

    private var damaged: ObjectFileError {
        .malformed(path: elf.path, part: "\(entries.name), which reaches past the end of the file,")
    }

    private func append(symbolsIn bytes: [UInt8], _ number: UInt8, to candidates: inout [SymbolCandidate]) {
        unsafe bytes.withUnsafeBytes { memory in
            for offset in stride(from: 0, to: memory.count, by: Self.entrySize) {
                // Safe: the caller gives whole symbols, of which every bit pattern is a value.
                let symbol = unsafe memory.loadUnaligned(fromByteOffset: offset, as: Elf64_Sym.self)
                guard symbol.st_shndx != UInt16(SHN_UNDEF), symbol.st_name != 0,
                    let candidate = SymbolCandidate(symbol, source: number, self)
                else { continue }
                candidates.append(candidate)
            }
        }
    }

    /// The addresses of the section that a symbol is in; `nil` when that holds no code.
    func code(of symbol: Elf64_Sym) -> Range<UInt64>? {
        let index = Int(symbol.st_shndx)
        if index == Int(SHN_UNDEF) { return nil }
        // An index that doesn't fit (SHN_XINDEX), or none (SHN_ABS): the address decides.
        let range =
            index >= Int(SHN_LORESERVE)
            ? code(around: symbol.st_value) : code.indices.contains(index) ? code[index] : nil
        guard let range, range.contains(symbol.st_value) else { return nil }
        return range
    }

    private func code(around address: UInt64) -> Range<UInt64>? {
        orderedCode[..<orderedCode.partitionPoint { $0.lowerBound <= address }].last
    }

    /// Whether the names' section reaches as far as a symbol says.
    func hasName(_ symbol: Elf64_Sym) -> Bool { UInt64(symbol.st_name) < names.size }

    /// The bytes of a name, cut at `limit`.
    func name(at offset: UInt32, limit: Int) -> [UInt8] { elf.text(in: names, at: UInt64(offset), limit: limit) }

    static let entrySize = MemoryLayout<Elf64_Sym>.stride
    /// Symbols that are read at a time to see whether there are local ones: about a page.
    private static let firstChunk = 128
    /// Symbols that are read at a time.
    private static let chunk: UInt64 = 4096
    /// Chromium with every symbol has about a million.
    private static let maximumEntries: UInt64 = 8 << 20
}
