/// Where a unit's parts of a file's sections begin.
struct UnitContribution {
    fileprivate(set) var info: UInt64 = 0
    fileprivate(set) var abbreviations: UInt64 = 0
    fileprivate(set) var textOffsets: UInt64 = 0
    fileprivate(set) var rangeLists: UInt64 = 0
}

/// The index of a file that holds the split units of a whole program, as dwp(1) makes it (DWARF 5, 7.3.5.3).
struct UnitPackage {
    private let section: DebugSection
    private let columns: UInt64
    private let units: UInt64
    private let slots: UInt64
    private let version: UInt64

    /// What columns of the table stand for: `DW_SECT_…`.
    private enum Column {
        static let info: UInt64 = 1
        static let abbreviations: UInt64 = 3
        static let textOffsets: UInt64 = 6
        /// From version 5 on.
        static let rangeLists: UInt64 = 8
    }

    init(_ section: DebugSection) throws(DebugInfoError) {
        var reader = try section.reader(at: 0, wanting: 16)
        // In version 5, two bytes of padding follow the two of the version.
        version = try reader.number(size: 4) & 0xffff
        columns = try reader.number(size: 4)
        units = try reader.number(size: 4)
        slots = try reader.number(size: 4)
        guard version == 2 || version == 5, columns <= 16, slots.nonzeroBitCount == 1 else {
            throw reader.unsupported(version)
        }
        self.section = section
    }

    /// The parts of the unit with an identifier; `nil` where there is none.
    func contribution(of id: UInt64) throws(DebugInfoError) -> UnitContribution? {
        let mask = slots - 1
        let step = ((id >> 32) & mask) | 1
        var slot = id & mask
        for _ in 0..<min(slots, Self.probeLimit) {
            let found = try number(at: Self.headerSize + 8 * slot, size: 8)
            let row = try number(at: Self.headerSize + 8 * slots + 4 * slot, size: 4)
            if row == 0 { return nil }
            if found == id { return try contribution(row: row) }
            slot = (slot &+ step) & mask
        }
        return nil
    }

    private func contribution(row: UInt64) throws(DebugInfoError) -> UnitContribution? {
        guard row <= units else { throw section.damage(at: 0) }
        let table = Self.headerSize + 12 * slots
        var contribution = UnitContribution()
        for column in 0..<columns {
            let offset = try number(at: table + 4 * (row * columns + column), size: 4)
            switch try number(at: table + 4 * column, size: 4) {
            case Column.info: contribution.info = offset
            case Column.abbreviations: contribution.abbreviations = offset
            case Column.textOffsets: contribution.textOffsets = offset
            case Column.rangeLists where version == 5: contribution.rangeLists = offset
            default: break
            }
        }
        return contribution
    }

    private func number(at offset: UInt64, size: Int) throws(DebugInfoError) -> UInt64 {
        var reader = try section.reader(at: offset, wanting: size)
        return try reader.number(size: size)
    }

    private static let headerSize: UInt64 = 16
    private static let probeLimit: UInt64 = 1 << 16
}
