internal import CElf
internal import Glibc

/// A symbol that may give a range its name.
struct SymbolCandidate: Equatable {
    let start: UInt64
    /// The section's end for a symbol without a size.
    let end: UInt64
    /// Where its name starts in its source's string table.
    let name: UInt32
    /// The number of its source.
    let source: UInt8
    let isSized: Bool
    /// Lower is better: sized before unsized, functions before labels, global before weak before local.
    let rank: UInt8

    /// `nil` for what is no function and no label in code.
    init?(_ symbol: Elf64_Sym, source number: Int, _ source: borrowing SymbolSource) {
        let type = Int32(symbol.st_info & 0xf)
        guard type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE,
            Int(symbol.st_name) < source.names.count, let code = source.code(of: symbol)
        else { return nil }
        let first = source.names[Int(symbol.st_name)]
        guard first != 0, type != STT_NOTYPE || !Self.marksCode(source.names, at: Int(symbol.st_name)) else {
            return nil
        }
        start = symbol.st_value
        isSized = symbol.st_size > 0
        // A range's length is kept in 32 bits.
        let room = min(code.upperBound - start, UInt64(UInt32.max))
        end = start + (isSized ? min(symbol.st_size, room) : room)
        name = symbol.st_name
        self.source = UInt8(truncatingIfNeeded: number)
        let binding: UInt8 =
            switch Int32(symbol.st_info >> 4) {
            case STB_LOCAL: 2
            case STB_WEAK: 1
            default: 0
            }
        rank = (isSized ? 0 : 8) + (type == STT_NOTYPE ? 4 : 0) + binding
    }

    /// Assemblers' own labels: `.L…`, and the mapping symbols `$x`, `$d`, `$a`, `$t` that tell code from data.
    private static func marksCode(_ names: [UInt8], at start: Int) -> Bool {
        let name = names[start...].prefix(4).prefix { $0 != 0 }
        if name.starts(with: ".L".utf8) { return true }
        guard name.first == UInt8(ascii: "$"), let letter = name.dropFirst().first else { return false }
        return "xdat".utf8.contains(letter) && (name.count == 2 || name.dropFirst(2).first == UInt8(ascii: "."))
    }
}
