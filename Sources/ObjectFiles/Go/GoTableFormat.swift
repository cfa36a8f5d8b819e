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
    /// Where lines and inlined calls are; `nil` before Go 1.18.
    let sources: Sources?

    /// Where a table has source lines and inlined calls.
    struct Sources: Equatable {
        /// Offsets from the table's start: of numbers of files, and of their names.
        let units: UInt64
        let files: UInt64
        /// From the start of a function's record: of its first line, and of its lists of further tables.
        let startLine: UInt64?
        let lists: UInt64
        /// Of an inlined call: its size, and where it has its name, its parent and its function's first line.
        let callSize: Int
        let callName: Int
        let callParent: Int
        let callStartLine: Int?
    }

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
        sources =
            switch (magic, offset(40), offset(48)) {
            case (0xffff_fff0, let units?, let files?):
                Sources(
                    units: units, files: files, startLine: nil, lists: 40, callSize: 20, callName: 12, callParent: 16,
                    callStartLine: nil)
            case (0xffff_fff1, let units?, let files?):
                Sources(
                    units: units, files: files, startLine: 36, lists: 44, callSize: 16, callName: 4, callParent: 8,
                    callStartLine: 12)
            default: nil
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
