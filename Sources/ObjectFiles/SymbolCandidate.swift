internal import CElf
internal import Glibc

/// A symbol that may give a range its name.
struct SymbolCandidate: Equatable {
    let start: UInt64
    /// For a symbol without a size, to the section's end where its table is complete, else 1.
    let length: UInt32
    /// Where its name starts in its source's string table.
    let name: UInt32
    /// The number of its source.
    let source: UInt8
    /// Lower is better: sized before unsized, functions before labels, global before weak before local.
    let rank: UInt8

    var end: UInt64 { start &+ UInt64(length) }
    var isSized: Bool { rank < Self.unsized }

    /// `nil` for what is no function and no label in code.
    init?(_ symbol: Elf64_Sym, source number: UInt8, _ source: SymbolSource) {
        let type = Int32(symbol.st_info & 0xf)
        guard type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE, let code = source.code(of: symbol),
            source.hasName(symbol), type != STT_NOTYPE || !Self.marksCode(source, symbol)
        else { return nil }
        start = symbol.st_value
        // A range's length is kept in 32 bits.
        let room = UInt32(clamping: code.upperBound - start)
        length =
            symbol.st_size > 0 ? min(UInt32(clamping: symbol.st_size), room) : source.hasLocalSymbols ? room : 1
        name = symbol.st_name
        self.source = number
        let binding: UInt8 =
            switch Int32(symbol.st_info >> 4) {
            case STB_LOCAL: 2
            case STB_WEAK: 1
            default: 0
            }
        rank = (symbol.st_size > 0 ? 0 : Self.unsized) + (type == STT_NOTYPE ? 4 : 0) + binding
    }

    private static let unsized: UInt8 = 8

    /// By address; at one address the best first, and of equally good ones the longest.
    static func precedes(_ left: SymbolCandidate, _ right: SymbolCandidate) -> Bool {
        if left.start != right.start { return left.start < right.start }
        if left.rank != right.rank { return left.rank < right.rank }
        if left.length != right.length { return left.length > right.length }
        return (left.source, left.name) < (right.source, right.name)
    }

    /// Whether a label has no name, or is an assembler's own: `.L…`, and the mapping symbols `$x`, `$d`, `$a`, `$t` that
    /// tell code from data.
    private static func marksCode(_ source: SymbolSource, _ symbol: Elf64_Sym) -> Bool {
        // A page of names may be read for each label.
        guard (try? source.elf.budget.spend(labelCost, .entries)) != nil else { return true }
        let name = source.name(at: symbol.st_name, limit: 4)
        if name.isEmpty || name.starts(with: ".L".utf8) { return true }
        guard name.first == UInt8(ascii: "$"), let letter = name.dropFirst().first else { return false }
        return "xdat".utf8.contains(letter) && (name.count == 2 || name[2] == UInt8(ascii: "."))
    }

    private static let labelCost = 16
}
