internal import ProfileModel

/// Finds a Go program's function table.
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

    private static let largestSection: UInt64 = 256 << 20
    private static let chunk = 1 << 20
    /// Of the table in its section.
    private static let alignment = 8
}
