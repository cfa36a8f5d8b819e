/// A list of address ranges in `.debug_rnglists` (DWARF 5, 7.25), or in `.debug_ranges` (DWARF 4, 7.24).
struct RangeList {
    private let offset: UInt64
    private let section: DebugSection
    private let encoding: UnitEncoding
    private let base: UInt64
    private let budget: DebugInfoBudget

    /// - Parameter base: the address that offsets in the list count from at first.
    init(
        at offset: UInt64, of section: DebugSection, _ encoding: UnitEncoding, base: UInt64, budget: DebugInfoBudget
    ) {
        self.offset = offset
        self.section = section
        self.encoding = encoding
        self.base = base
        self.budget = budget
    }

    private enum Kind {
        static let end: UInt8 = 0
        static let baseIndex: UInt8 = 1
        static let startEndIndices: UInt8 = 2
        static let startIndexLength: UInt8 = 3
        static let offsetPair: UInt8 = 4
        static let base: UInt8 = 5
        static let startEnd: UInt8 = 6
        static let startLength: UInt8 = 7
    }

    /// Calls `body` with each range that isn't empty.
    ///
    /// - Parameter address: gives the address of an index in `.debug_addr`.
    func forEach(
        address: (UInt64) throws(DebugInfoError) -> UInt64, _ body: (Range<UInt64>) throws(DebugInfoError) -> Void
    ) throws(DebugInfoError) {
        var base = base
        var pieces = try SectionPieces(section, at: offset)
        let size = encoding.addressSize
        for _ in 0..<Self.limit {
            try budget.step()
            let (kind, first, second) = try pieces.next { (reader) throws(DebugInfoError) in
                try Self.entry(&reader, addressSize: size)
            }
            switch kind {
            case Kind.end: return
            case Kind.baseIndex: base = try address(first)
            case Kind.base: base = first
            case Kind.startEndIndices: try Self.pass(try address(first), try address(second), body)
            case Kind.startIndexLength:
                let start = try address(first)
                try Self.pass(start, start &+ second, body)
            case Kind.offsetPair: try Self.pass(base &+ first, base &+ second, body)
            case Kind.startEnd: try Self.pass(first, second, body)
            default: try Self.pass(first, first &+ second, body)
            }
        }
    }

    private static func entry(
        _ reader: inout DwarfReader, addressSize: Int
    ) throws(DebugInfoError) -> (kind: UInt8, UInt64, UInt64) {
        let kind = try reader.byte()
        switch kind {
        case Kind.end: return (kind, 0, 0)
        case Kind.baseIndex: return (kind, try reader.unsigned(), 0)
        case Kind.base: return (kind, try reader.number(size: addressSize), 0)
        case Kind.startEndIndices, Kind.startIndexLength, Kind.offsetPair:
            return (kind, try reader.unsigned(), try reader.unsigned())
        case Kind.startEnd: return (kind, try reader.number(size: addressSize), try reader.number(size: addressSize))
        case Kind.startLength: return (kind, try reader.number(size: addressSize), try reader.unsigned())
        default: throw reader.unsupported(UInt64(kind))
        }
    }

    func forEachOfOlderForm(_ body: (Range<UInt64>) throws(DebugInfoError) -> Void) throws(DebugInfoError) {
        var base = base
        var pieces = try SectionPieces(section, at: offset)
        let size = encoding.addressSize
        let selection: UInt64 = size == 8 ? .max : 0xffff_ffff
        for _ in 0..<Self.limit {
            try budget.step()
            let (first, second) = try pieces.next { (reader) throws(DebugInfoError) in
                (try reader.number(size: size), try reader.number(size: size))
            }
            if first == 0, second == 0 { return }
            if first == selection { base = second } else { try Self.pass(base &+ first, base &+ second, body) }
        }
    }

    private static func pass(
        _ start: UInt64, _ end: UInt64, _ body: (Range<UInt64>) throws(DebugInfoError) -> Void
    ) throws(DebugInfoError) {
        if start < end { try body(start..<end) }
    }

    /// Ranges of one entry: a unit with each function in a section of its own has as many.
    private static let limit = 1 << 20
}
