internal import CElf
internal import Glibc
package import ProfileModel
internal import SystemSupport

/// A function as a symbol table names it.
package struct Symbol: Hashable, Sendable {
    /// As in the file, mangled, without a version; invalid UTF-8 is repaired, and a very long name is cut.
    package let name: String
    package let address: FileAddress
    /// From `address` to the function's end; where the table gives no size, to the next symbol or the section's end, or 1
    /// in a table that lacks the functions that the file keeps to itself.
    package let size: UInt64
    /// Whether the table gives the size.
    package let isSized: Bool

    package init(name: String, address: FileAddress, size: UInt64, isSized: Bool = true) {
        self.name = name
        self.address = address
        self.size = size
        self.isSized = isSized
    }

    /// `nil` for a function without a name.
    init?(_ function: GoFunction) {
        guard let name = function.name else { return nil }
        let start = function.range.lowerBound
        self.init(name: name, address: start, size: function.range.upperBound.rawValue - start.rawValue)
    }

    /// Whether it has what Go's linker appends where a function can be called in two ways.
    var hasCallingConvention: Bool { name.hasSuffix(Self.assemblyConvention) }

    /// The name as Go's own table has it.
    var withoutCallingConvention: Symbol {
        let name = String(name.dropLast(Self.assemblyConvention.count))
        return Symbol(name: name, address: address, size: size, isSized: isSized)
    }

    private static let assemblyConvention = ".abi0"
}

/// The function symbols of an object file, as ranges that don't overlap, in the order of their addresses.
///
/// Where functions overlap, an address belongs to the one that starts last. Names stay in the file until they are asked
/// for.
package struct SymbolTable: Sendable {
    private let sources: [SymbolSource]
    /// In the order of `SymbolCandidate.precedes`.
    private let candidates: [SymbolCandidate]
    private let pieces: [SymbolSweep.Piece]
    private let reservation: MemoryReservation?

    /// A table without symbols.
    package init() {
        sources = []
        candidates = []
        pieces = []
        reservation = nil
    }

    /// Merges the symbols of a file, of the compressed table that it carries, and of its separate debug file.
    ///
    /// - Parameters:
    ///   - separateFile: finds the debug file; asked where the file itself has no symbol table.
    ///   - addresses: the only addresses whose functions the table has to know; `nil` for all.
    ///   - defect: the first thing that kept symbols from being read; the table has the others.
    init(
        of elf: ElfFile, separateFile: () -> ElfFile?, for addresses: [UInt64]? = nil,
        defect: inout ObjectFileError?
    ) throws(ObjectFileError) {
        let reservation = try withinBudget(elf.path, "its symbols") { () throws(BudgetExhausted) in
            try elf.budget.reserve(0)
        }
        let sources = Self.sources(of: elf, separateFile: separateFile, defect: &defect)
        let reader = SymbolReader(sources: sources, reservation: reservation)
        var candidates =
            if let addresses { reader.symbols(deciding: addresses, defect: &defect) } else {
                reader.all(defect: &defect)
            }
        try Self.sort(&candidates, elf, reservation)
        reservation.shrink(by: Self.removeDuplicates(&candidates) * MemoryLayout<SymbolCandidate>.stride)
        pieces = try Self.pieces(of: candidates, elf, reservation)
        self.candidates = candidates
        self.sources = sources
        self.reservation = reservation
    }

    private static func sources(
        of elf: ElfFile, separateFile: () -> ElfFile?, defect: inout ObjectFileError?
    ) -> [SymbolSource] {
        do throws(ObjectFileError) {
            return try ownSources(of: elf) + otherSources(of: elf, separateFile: separateFile)
        } catch {
            defect = error
            return ownSources(of: elf) + separateSources(of: elf, separateFile: separateFile)
        }
    }

    /// The tables of a file itself.
    static func ownSources(of elf: ElfFile) -> [SymbolSource] { sources(in: elf, isExtract: false) }

    /// The compressed table that a file carries, and the tables of its separate debug file.
    ///
    /// - Parameter separateFile: asked where the file itself has no symbol table.
    static func otherSources(
        of elf: ElfFile, separateFile: () -> ElfFile?
    ) throws(ObjectFileError) -> [SymbolSource] {
        let embedded = try elf.embeddedSymbols().map { sources(in: $0, isExtract: true) }
        return (embedded ?? []) + separateSources(of: elf, separateFile: separateFile)
    }

    private static func separateSources(of elf: ElfFile, separateFile: () -> ElfFile?) -> [SymbolSource] {
        guard !elf.sections.contains(where: { $0.type == UInt32(SHT_SYMTAB) }) else { return [] }
        return separateFile().map { sources(in: $0, isExtract: false) } ?? []
    }

    private static func sources(in elf: ElfFile, isExtract: Bool) -> [SymbolSource] {
        [SHT_SYMTAB, SHT_DYNSYM].compactMap { SymbolSource($0, of: elf, isExtract: isExtract) }
    }

    private static func sort(
        _ candidates: inout [SymbolCandidate], _ elf: ElfFile, _ reservation: MemoryReservation
    ) throws(ObjectFileError) {
        let copy = candidates.count * MemoryLayout<SymbolCandidate>.stride
        try withinBudget(elf.path, "its symbols") { () throws(BudgetExhausted) in try reservation.grow(by: copy) }
        SymbolOrder.sort(&candidates)
        reservation.shrink(by: copy)
    }

    /// Keeps one of each of equal neighbours; returns how many went.
    private static func removeDuplicates(_ candidates: inout [SymbolCandidate]) -> Int {
        let count = candidates.count
        var kept = 0
        for index in candidates.indices where index == 0 || candidates[index] != candidates[kept - 1] {
            candidates[kept] = candidates[index]
            kept += 1
        }
        candidates.removeSubrange(kept...)
        return count - kept
    }

    private static func pieces(
        of candidates: [SymbolCandidate], _ elf: ElfFile, _ reservation: MemoryReservation
    ) throws(ObjectFileError) -> [SymbolSweep.Piece] {
        var sweep = SymbolSweep(candidates)
        var index = 0
        var reserved = 0
        while index < candidates.count {
            var end = index + 1
            while end < candidates.count, candidates[end].start == candidates[index].start { end += 1 }
            // Each symbol ends one piece and begins another at most, and waits for its end meanwhile.
            if end > reserved {
                let count = max(end - reserved, min(reservationStep, candidates.count - reserved))
                try withinBudget(elf.path, "its symbols") { () throws(BudgetExhausted) in
                    try reservation.grow(by: count * (2 * MemoryLayout<SymbolSweep.Piece>.stride + 4))
                }
                reserved += count
            }
            sweep.add(index..<end)
            index = end
        }
        sweep.finish()
        let pieces = sweep.pieces
        reservation.shrink(by: reserved * (2 * MemoryLayout<SymbolSweep.Piece>.stride + 4))
        try withinBudget(elf.path, "its symbols") { () throws(BudgetExhausted) in
            try reservation.grow(by: pieces.count * MemoryLayout<SymbolSweep.Piece>.stride)
        }
        return pieces
    }

    /// How many ranges have a name: about the number of functions.
    package var count: Int { pieces.count }

    /// The function whose range holds `address`; `nil` between functions.
    package func symbol(containing address: FileAddress) -> Symbol? {
        let following = pieces.partitionPoint { $0.start <= address.rawValue }
        guard let piece = pieces[..<following].last, address.rawValue < piece.end else { return nil }
        let candidate = candidates[Int(piece.symbol)]
        let size = candidate.isSized ? UInt64(candidate.length) : piece.end - candidate.start
        guard let name = name(at: address.rawValue, Int(piece.symbol)) else { return nil }
        return Symbol(
            name: name, address: FileAddress(rawValue: candidate.start), size: size, isSized: candidate.isSized)
    }

    /// The plainest of the names that equally good symbols give an address; `nil` when it is empty or can't be read.
    private func name(at address: UInt64, _ first: Int) -> String? {
        let aliases = candidates[first...].prefix(Self.maximumAliases)
            .prefix { $0.start == candidates[first].start && $0.rank == candidates[first].rank && address < $0.end }
        let names = aliases.map { sources[Int($0.source)].name(at: $0.name, limit: Self.maximumNameLength) }
        guard let name = names.min(by: Self.isPlainer), !name.isEmpty else { return nil }
        // Without `@VERSION` or `@@VERSION`.
        let version = name.dropFirst().firstIndex(of: UInt8(ascii: "@"))
        return String(decoding: version.map { name[..<$0] } ?? name[...], as: UTF8.self)
    }

    private static func isPlainer(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        let (leftUnderscores, rightUnderscores) = (underscores(of: left), underscores(of: right))
        if leftUnderscores != rightUnderscores { return leftUnderscores < rightUnderscores }
        if left.count != right.count { return left.count > right.count }
        return left.lexicographicallyPrecedes(right)
    }

    /// Leading underscores, which mark an alias for a library's own use, other than those of a mangled name.
    private static func underscores(of name: [UInt8]) -> Int {
        if name.starts(with: "_Z".utf8) || name.starts(with: "_R".utf8) { return 0 }
        return name.prefix { $0 == UInt8(ascii: "_") }.count
    }

    /// Some C++ templates have names of tens of thousands of characters.
    private static let maximumNameLength = 1 << 16
    /// Real functions have up to about ten.
    private static let maximumAliases = 32
    private static let reservationStep = 1 << 16
}

extension ElfFile {
    /// The ELF file with a stripped program's function symbols that Fedora puts into `.gnu_debugdata`, xz-compressed.
    fileprivate func embeddedSymbols() throws(ObjectFileError) -> ElfFile? {
        guard let section = section(named: ".gnu_debugdata") else { return nil }
        let stored = try storedBytes(of: section, limit: Self.maximumEmbedded)
        let reservation = try withinBudget(path, section.name) { () throws(BudgetExhausted) in
            try budget.spend(Self.maximumEmbedded, .bytes)
            return try budget.reserve(Self.maximumEmbedded + stored.count)
        }
        guard let bytes = Decompression.decodeXZ(stored, limit: Self.maximumEmbedded) else {
            throw .malformed(path: path, part: section.name)
        }
        reservation.shrink(by: Self.maximumEmbedded)
        return try ElfFile(path: path, copy: bytes, budget: budget)
    }

    private static let maximumEmbedded = 32 << 20
}
