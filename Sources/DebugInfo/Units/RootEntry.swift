/// What the first entry of a unit says of it.
struct RootEntry {
    private(set) var code = CodePlace()
    private(set) var lineProgram: UInt64?
    /// Where the compiler ran.
    private(set) var directory: TextPlace?
    private(set) var textOffsetsBase: UInt64?
    private(set) var addressBase: UInt64?
    private(set) var rangeListsBase: UInt64?
    private(set) var gnuRangesBase: UInt64?
    /// The file with the rest of the unit.
    private(set) var splitName: TextPlace?
    private(set) var gnuSplitID: UInt64?

    /// Reads the entry.
    init(
        of header: UnitHeader, in section: DebugSection, _ abbreviations: Abbreviations
    ) throws(DebugInfoError) {
        var reader = try section.reader(at: header.entries, wanting: Self.longest)
        let code = try reader.unsigned()
        guard code != 0 else { return }
        guard let declaration = abbreviations[code] else { throw section.damage(at: header.entries) }
        for attribute in abbreviations.attributes[declaration.attributes] {
            let value = try AttributeValue(
                attribute.form, constant: attribute.constant, &reader, header.encoding, unit: header.range.lowerBound)
            note(attribute.name, value)
        }
    }

    /// Reads the entry with no more of the abbreviations than it takes.
    init(
        of header: UnitHeader, in sections: DwarfSections, budget: DebugInfoBudget
    ) throws(DebugInfoError) {
        let section = try sections[.info]
        var reader = try section.reader(at: header.entries)
        let abbreviations = try Abbreviations(
            at: header.abbreviations, of: try sections[.abbreviations], header.encoding, only: try reader.unsigned(),
            budget: budget, budget.reserve())
        try self.init(of: header, in: section, abbreviations)
    }

    private mutating func note(_ name: UInt16, _ value: AttributeValue) {
        switch name {
        case AttributeName.lineProgram: lineProgram = value.offset
        case AttributeName.compilationDirectory: directory = value.text
        case AttributeName.textOffsetsBase: textOffsetsBase = value.offset
        case AttributeName.addressBase, AttributeName.gnuAddressBase: addressBase = value.offset
        case AttributeName.rangeListsBase: rangeListsBase = value.offset
        case AttributeName.gnuRangesBase: gnuRangesBase = value.offset
        case AttributeName.splitName, AttributeName.gnuSplitName: splitName = value.text
        case AttributeName.gnuSplitID: gnuSplitID = value.number
        default: code.note(name, value)
        }
    }

    /// With a long producer and name in it.
    private static let longest = 4096
}

/// The attributes of an entry that say where its code is.
struct CodePlace {
    private(set) var low: AttributeValue?
    private(set) var high: AttributeValue?
    private(set) var ranges: AttributeValue?

    mutating func note(_ name: UInt16, _ value: AttributeValue) {
        switch name {
        case AttributeName.lowAddress: low = value
        case AttributeName.highAddress: high = value
        case AttributeName.ranges: ranges = value
        default: break
        }
    }
}
