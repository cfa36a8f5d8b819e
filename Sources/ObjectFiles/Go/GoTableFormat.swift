/// How a version of Go lays out its function table.
///
/// Source: `pcHeader` and `_func` in Go's runtime/symtab.go and runtime/runtime2.go, and debug/gosym/pclntab.go.
struct GoTableFormat: Equatable {
    /// Where the header has an offset from the table's start; `nil` where the part begins with the table.
    private struct Field {
        var names: UInt64?
        var values: UInt64?
        var functions: UInt64?
    }

    /// Whether functions are known by their distance from the start of the text, and not by their addresses.
    let isRelative: Bool
    /// Offsets from the table's start.
    let names: UInt64
    let values: UInt64
    let records: UInt64
    let index: UInt64
    /// Where the distances of a relative table begin; 0 where the header doesn't say.
    let textStart: UInt64
    let count: UInt64
    /// Of the flags from the start of a function's record; `nil` where it has none.
    let flags: UInt64?

    static let headerSize = 72
    static let magicNumbers: Set<UInt32> = [0xffff_fff1, 0xffff_fff0, 0xffff_fffa, 0xffff_fffb]

    /// The size of an address in the index and in a function's record.
    var addressSize: UInt64 { isRelative ? 4 : 8 }

    /// `nil` unless it is the header of a table for x86-64 that is known.
    init?(header: [UInt8]) {
        guard Self.isHeader(header), let magic = header.value(of: UInt32.self, at: 0),
            let count = header.value(of: UInt64.self, at: 8)
        else { return nil }
        isRelative = magic == 0xffff_fff0 || magic == 0xffff_fff1
        let field: Field =
            switch magic {
            case 0xffff_fffb: Field()
            case 0xffff_fffa: Field(names: 24, values: 48, functions: 56)
            default: Field(names: 32, values: 56, functions: 64)
            }
        func offset(_ place: UInt64?) -> UInt64? {
            guard let place else { return 0 }
            return header.value(of: UInt64.self, at: Int(place)).flatMap { $0 < 1 << 40 ? $0 : nil }
        }
        guard let names = offset(field.names), let values = offset(field.values),
            let records = offset(field.functions), let start = header.value(of: UInt64.self, at: 24)
        else { return nil }
        self.count = count
        flags =
            switch magic {
            case 0xffff_fffb: nil
            case 0xffff_fff0: 37
            default: 41
            }
        self.names = names
        self.values = values
        self.records = records
        index = field.functions == nil ? 16 : records
        textStart = isRelative ? start : 0
    }

    /// Whether bytes begin with a magic number, two zeros, the least size of an instruction, and the size of a pointer.
    static func isHeader(_ bytes: [UInt8], at offset: Int = 0) -> Bool {
        guard let magic = bytes.value(of: UInt32.self, at: offset), magicNumbers.contains(magic) else { return false }
        return bytes.value(of: UInt32.self, at: offset + 4) == 0x0801_0000
    }
}
