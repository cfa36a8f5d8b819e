internal import CElf
internal import Glibc
internal import ProfileModel

/// All symbol sections of an object file, not yet sorted.
///
/// Enough to name a few addresses, as a dump of stacks does: going through all symbols takes less than sorting them.
struct SymbolSources {
    private(set) var all: [SymbolSource] = []

    /// The symbols of a file, of the compressed table it carries, and of its separate debug file.
    init(of elf: ElfFile, debugFiles: DebugFileSearch?) {
        add(elf)
        if let embedded = elf.embeddedSymbols() { add(embedded) }
        if !elf.sections.contains(where: { $0.type == UInt32(SHT_SYMTAB) }), let file = debugFiles?.debugFile(of: elf) {
            add(file)
        }
    }

    private mutating func add(_ elf: ElfFile) {
        for type in [SHT_SYMTAB, SHT_DYNSYM] {
            if let source = SymbolSource(type, of: elf) { all.append(source) }
        }
    }

    /// The function that `address` belongs to, by the same rules as in a `SymbolTable` of these sources.
    func symbol(containing address: FileAddress) -> Symbol? {
        let order = SymbolOrder(sources: all)
        var best: SymbolCandidate?
        var label: SymbolCandidate?
        forEachCandidate(upTo: address.rawValue) { candidate in
            if candidate.isSized, address.rawValue < candidate.end {
                if best.map({ Self.replaces($0, candidate, order) }) ?? true { best = candidate }
            }
            if label.map({ Self.replaces($0, candidate, order) }) ?? true { label = candidate }
        }
        if best == nil, let last = label, !last.isSized, address.rawValue < last.end, !isInsideFunction(last) {
            best = last
        }
        return best.map(symbol)
    }

    /// Whether a candidate that starts later, or is better at the same place, takes an address from another.
    private static func replaces(_ old: SymbolCandidate, _ new: SymbolCandidate, _ order: SymbolOrder) -> Bool {
        new.start > old.start || (new.start == old.start && order.precedes(new, old))
    }

    /// A label inside of a function is not the start of another one.
    private func isInsideFunction(_ label: SymbolCandidate) -> Bool {
        var isInside = false
        forEachCandidate(upTo: label.start) { candidate in
            if candidate.isSized, label.start < candidate.end { isInside = true }
        }
        return isInside
    }

    private func forEachCandidate(upTo address: UInt64, _ body: (SymbolCandidate) -> Void) {
        for (number, source) in all.enumerated() {
            for index in 0..<source.count {
                guard let symbol = source.symbol(at: index), symbol.st_value <= address,
                    let candidate = SymbolCandidate(symbol, source: number, source)
                else { continue }
                body(candidate)
            }
        }
    }

    private func symbol(_ candidate: SymbolCandidate) -> Symbol {
        Symbol(
            name: SymbolTable.name(in: all[Int(candidate.source)].names, at: Int(candidate.name)),
            address: FileAddress(rawValue: candidate.start), size: candidate.end - candidate.start)
    }
}

extension ElfFile {
    /// The ELF file with a stripped program's function symbols that Fedora puts into `.gnu_debugdata`, xz-compressed.
    fileprivate func embeddedSymbols() -> ElfFile? {
        guard let section = section(named: ".gnu_debugdata"),
            let compressed = try? storedBytes(of: section, limit: Self.maximumEmbedded),
            let bytes = Decompression.decodeXZ(compressed, limit: Self.maximumEmbedded)
        else { return nil }
        return try? ElfFile(path: path, image: ObjectImage(copy: bytes))
    }

    private static let maximumEmbedded = 64 << 20
}
