/// The header of a unit in `.debug_info` (DWARF 5, 7.5.1).
struct UnitHeader {
    enum Kind {
        /// Of code, or of what such units share.
        case code
        case types
    }

    /// Where the unit is in its section.
    let range: Range<UInt64>
    let encoding: UnitEncoding
    let kind: Kind
    let abbreviations: UInt64
    /// By which a unit and its other half in another file know each other, from version 5 on.
    let splitID: UInt64?
    /// Where its first entry is.
    let entries: UInt64

    /// Reads the header at an offset.
    init(at offset: UInt64, of section: DebugSection) throws(DebugInfoError) {
        var reader = try section.reader(at: offset)
        let (length, offsetSize) = try reader.unitLength()
        let start = reader.offset
        guard length <= section.size - start else { throw section.damage(at: offset) }
        let version = UInt16(try reader.number(size: 2))
        guard (2...5).contains(version) else { throw reader.unsupported(UInt64(version)) }
        let type = version >= 5 ? try reader.byte() : Self.compileUnit
        var addressSize = version >= 5 ? try reader.byte() : 0
        abbreviations = try reader.number(size: offsetSize)
        if version < 5 { addressSize = try reader.byte() }
        guard addressSize == 8 || addressSize == 4 else { throw reader.unsupported(UInt64(addressSize)) }
        switch type {
        case Self.skeleton, Self.splitCompileUnit:
            splitID = try reader.number(size: 8)
            kind = .code
        case Self.typeUnit, Self.splitTypeUnit:
            splitID = nil
            kind = .types
            try reader.skip(8 + offsetSize)
        default:
            splitID = nil
            kind = .code
        }
        encoding = UnitEncoding(version: version, offsetSize: offsetSize, addressSize: Int(addressSize))
        entries = reader.offset
        range = offset..<start + length
        guard entries <= range.upperBound else { throw section.damage(at: offset) }
    }

    private static let compileUnit: UInt8 = 1
    private static let typeUnit: UInt8 = 2
    private static let skeleton: UInt8 = 4
    private static let splitCompileUnit: UInt8 = 5
    private static let splitTypeUnit: UInt8 = 6
}
