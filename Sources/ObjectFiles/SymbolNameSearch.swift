internal import CElf
internal import Glibc
package import ProfileModel

/// A function or a variable that a symbol table defines.
package struct SymbolDefinition: Hashable, Sendable {
    package let name: String
    package let address: FileAddress
    /// 0 where the table gives none.
    package let size: UInt64

    package init(name: String, address: FileAddress, size: UInt64) {
        self.name = name
        self.address = address
        self.size = size
    }
}

/// Finds the definitions of a few names in symbol tables.
///
/// The names' section is searched first, so that a table without any of the names costs no more than that; one with more
/// names than a file exports has a cost of its own, and isn't searched.
struct SymbolNameSearch {
    private let names: [[UInt8]]
    /// What the names of functions' parts begin with: `name.`.
    private let prefixes: [[UInt8]]
    /// The bytes that a name ends with.
    private let lastBytes: Set<UInt8>

    /// - Parameter functions: those of which also the parts are wanted that compilers split off, `name.cold`.
    init(names: [String], functions: [String]) {
        self.names = names.map { Array($0.utf8) }.filter { !$0.isEmpty }
        prefixes = functions.map { Array($0.utf8) + [UInt8(ascii: ".")] }
        lastBytes = Set(self.names.compactMap(\.last))
    }

    /// In the order of the tables; at most `maximumDefinitions`.
    func definitions(in sources: [SymbolSource]) throws(ObjectFileError) -> [SymbolDefinition] {
        var found: [SymbolDefinition] = []
        for source in sources {
            let places = try places(in: source)
            guard !places.isEmpty else { continue }
            try source.readEntries { (bytes) throws(BudgetExhausted) in
                for offset in stride(from: 0, to: bytes.count, by: SymbolSource.entrySize) {
                    guard let symbol = bytes.value(of: Elf64_Sym.self, at: offset), symbol.isDefinition,
                        let name = places[UInt64(symbol.st_name)]
                    else { continue }
                    found.append(
                        SymbolDefinition(
                            name: name, address: FileAddress(rawValue: symbol.st_value), size: symbol.st_size))
                }
                if found.count > Self.maximumDefinitions { found = distinct(found) }
            }
        }
        return distinct(found)
    }

    /// The first of those that have the same name and address.
    func distinct(_ definitions: [SymbolDefinition]) -> [SymbolDefinition] {
        var seen: Set<SymbolDefinition> = []
        let distinct = definitions.filter { definition in
            seen.insert(SymbolDefinition(name: definition.name, address: definition.address, size: 0)).inserted
        }
        return Array(distinct.prefix(Self.maximumDefinitions))
    }

    /// Where in the names' section one of the names begins.
    private func places(in source: SymbolSource) throws(ObjectFileError) -> [UInt64: String] {
        let section = source.names
        guard section.size <= Self.largestNames else { return [:] }
        var places: [UInt64: String] = [:]
        var start: UInt64 = 0
        while start < section.size, places.count < Self.maximumPlaces {
            let wanted = Int(min(section.size - start, UInt64(Self.chunk)))
            try withinBudget(source.elf.path, section.name) { () throws(BudgetExhausted) in
                try source.elf.budget.spend(wanted, .bytes)
            }
            let bytes = source.elf.image.bytes(upTo: wanted, at: section.fileOffset &+ start)
            for (offset, name) in matches(in: bytes) { places[start + UInt64(offset)] = name }
            guard bytes.count == wanted, wanted == Self.chunk else { break }
            // The end of a chunk may cut a name.
            start += UInt64(wanted - Self.longestName)
        }
        return places
    }

    /// The zero-terminated texts that are one of the names, or end with one: linkers store a name that others end with once.
    private func matches(in bytes: [UInt8]) -> [(offset: Int, name: String)] {
        var found: [(offset: Int, name: String)] = []
        var start = 0
        while let end = bytes.zero(from: start) {
            if end > start { append(matchesIn: start..<end, of: bytes, to: &found) }
            start = end + 1
        }
        return found
    }

    private func append(matchesIn text: Range<Int>, of bytes: [UInt8], to found: inout [(offset: Int, name: String)]) {
        if lastBytes.contains(bytes[text.upperBound - 1]) {
            for name in names where name.count <= text.count && bytes[text].suffix(name.count).elementsEqual(name) {
                found.append((text.upperBound - name.count, String(decoding: name, as: UTF8.self)))
            }
        }
        for prefix in prefixes where text.count <= Self.longestName && bytes[text].starts(with: prefix) {
            found.append((text.lowerBound, String(decoding: bytes[text], as: UTF8.self)))
        }
    }

    /// Names of functions' parts that are longer aren't found.
    private static let longestName = 256
    private static let chunk = 1 << 20
    /// Bytes of all names of a table: some 50 ms.
    private static let largestNames: UInt64 = 16 << 20
    private static let maximumDefinitions = 256
    private static let maximumPlaces = 256
}

extension [UInt8] {
    /// The first zero byte at or after an offset.
    fileprivate func zero(from start: Int) -> Int? {
        guard start < count else { return nil }
        return unsafe withUnsafeBytes { memory in
            // Safe: the guard leaves at least one byte, and the search ends with the array.
            guard let base = memory.baseAddress, let found = unsafe memchr(base + start, 0, memory.count - start) else {
                return nil
            }
            return unsafe base.distance(to: found)
        }
    }
}

extension Elf64_Sym {
    /// A function, a variable or a label in one of the file's sections.
    fileprivate var isDefinition: Bool {
        [STT_NOTYPE, STT_OBJECT, STT_FUNC].contains(Int32(st_info & 0xf))
            && st_shndx != UInt16(SHN_UNDEF) && (st_shndx < UInt16(SHN_LORESERVE) || st_shndx == UInt16(SHN_XINDEX))
    }
}
