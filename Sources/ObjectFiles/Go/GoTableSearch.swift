internal import ProfileModel

/// Finds a Go program's function table, and the address that it counts from.
enum GoTableSearch {
    /// The section that has the table alone; of the second name in position-independent programs before Go 1.26.
    static let sectionNames = [".gopclntab", ".data.rel.ro.gopclntab"]

    /// `nil` where there is none.
    static func table(of elf: ElfFile, observer: (any ReadObserver)?) throws(ObjectFileError) -> GoTableBytes? {
        for name in sectionNames {
            if let section = elf.section(named: name) {
                return GoTableBytes(elf, section, start: 0, observer: observer)
            }
        }
        // A linker that isn't Go's own joins it with other data.
        guard elf.section(named: ".go.buildinfo") != nil, let section = elf.section(named: ".data.rel.ro"),
            section.hasContents, section.size <= largestSection
        else { return nil }
        return try start(in: section, of: elf).map { GoTableBytes(elf, section, start: $0, observer: observer) }
    }

    private static func start(in section: Section, of elf: ElfFile) throws(ObjectFileError) -> UInt64? {
        try withinBudget(elf.path, section.name) { () throws(BudgetExhausted) in
            try elf.budget.spend(Int(section.size), .bytes)
        }
        var place: UInt64 = 0
        while place < section.size {
            let bytes = elf.image.bytes(
                upTo: Int(min(UInt64(chunk), section.size - place)), at: section.fileOffset &+ place)
            guard !bytes.isEmpty else { return nil }
            let found = stride(from: 0, to: bytes.count, by: alignment).first {
                GoTableFormat.isHeader(bytes, at: $0)
            }
            if let found { return place + UInt64(found) }
            place += UInt64(bytes.count)
        }
        return nil
    }

    /// The address of the program's Go code; `nil` where the file doesn't say.
    ///
    /// Tables that have addresses count from 0.
    static func textStart(of table: GoTableBytes, _ format: GoTableFormat) -> UInt64? {
        guard format.isRelative else { return 0 }
        if format.textStart != 0 { return format.textStart }
        // Since Go 1.26 the header has none, and the description of the module has a section of its own.
        guard let module = table.elf.section(named: ".go.module") else { return nil }
        let bytes = GoTableBytes(table.elf, module, start: 0, observer: nil)
        guard bytes.word(at: 0) == table.address, let start = bytes.word(at: textOffset), start != 0 else { return nil }
        return start
    }

    /// `text` in `moduledata` of Go's runtime/symtab.go: behind a pointer, six slices, and three pointers.
    private static let textOffset: UInt64 = 8 + 6 * 24 + 3 * 8
    private static let largestSection: UInt64 = 256 << 20
    private static let chunk = 1 << 20
    /// Of the table in its section.
    private static let alignment = 8
}
