/// What a Go program says of the addresses that its function table counts from (`moduledata` in Go's runtime/symtab.go).
struct GoModule: Sendable {
    /// Of the program's Go code; 0 for tables that have addresses.
    let textStart: UInt64
    /// Of the data of functions, such as inlined calls; `nil` where the file doesn't say.
    let functionData: UInt64?

    /// `nil` where the file doesn't say where the code begins.
    init?(of table: GoTableBytes, _ format: GoTableFormat) {
        let place = Self.description(of: table, format)
        func word(at offset: UInt64) -> UInt64? {
            place.flatMap { place in
                let bytes = GoTableBytes(table.elf, place.section, start: place.offset, observer: nil)
                return bytes.word(at: offset).flatMap { $0 == 0 ? nil : $0 }
            }
        }
        functionData = format.sources.flatMap { Self.functionData(of: $0, word) }
        guard format.isRelative, format.textStart == 0 else {
            textStart = format.textStart
            return
        }
        // Since Go 1.26 the header has none.
        guard let start = word(at: Self.textOffset) else { return nil }
        textStart = start
    }

    /// `gofunc`, whose place depends on the version of Go.
    private static func functionData(of sources: GoTableFormat.Sources, _ word: (UInt64) -> UInt64?) -> UInt64? {
        // Before Go 1.20.
        guard sources.startLine != nil else { return word(304) }
        guard let types = word(296), let next = word(304) else { return nil }
        // The end of the types is what follows their start; since Go 1.27, the size of a part of them.
        return word(next >= types ? 320 : 344)
    }

    /// Since Go 1.26, the description has a section of its own; before, it is among the data without pointers.
    private static func description(
        of table: GoTableBytes, _ format: GoTableFormat
    ) -> (section: Section, offset: UInt64)? {
        if let section = table.elf.section(named: ".go.module") {
            let bytes = GoTableBytes(table.elf, section, start: 0, observer: nil)
            return bytes.word(at: 0) == table.address ? (section, 0) : nil
        }
        guard let section = table.elf.section(named: ".noptrdata"), section.hasContents else { return nil }
        return start(in: section, of: table, format).map { (section, $0) }
    }

    /// It begins with the addresses of the table and of the names in it.
    private static func start(in section: Section, of table: GoTableBytes, _ format: GoTableFormat) -> UInt64? {
        let size = min(section.size, largestSearch)
        guard (try? table.elf.budget.spend(Int(size), .bytes)) != nil else { return nil }
        let bytes = table.elf.image.bytes(upTo: Int(size), at: section.fileOffset)
        let (first, second) = (table.address, table.address &+ format.names)
        return stride(from: 0, to: bytes.count - 16, by: 8).first { offset in
            bytes.value(of: UInt64.self, at: offset) == first && bytes.value(of: UInt64.self, at: offset + 8) == second
        }.map(UInt64.init)
    }

    /// `text`: behind a pointer, six slices, and three pointers.
    private static let textOffset: UInt64 = 8 + 6 * 24 + 3 * 8
    private static let largestSearch: UInt64 = 16 << 20
}
