/// What the attributes of a unit's entries refer to: addresses, ranges of them, texts.
struct UnitReferences {
    private let encoding: UnitEncoding
    /// Where its entries are.
    private let sections: DwarfSections
    /// Where its addresses and lines are: those of another file in a split unit.
    let addressed: DwarfSections
    private let budget: DebugInfoBudget
    private var bases: Bases

    /// Where a unit's parts of sections begin.
    private struct Bases {
        var textOffsets: UInt64
        var addresses: UInt64
        var rangeLists: UInt64
        /// Of what entries say of `.debug_ranges`.
        var ranges: UInt64 = 0
        /// What range lists count from.
        var address: UInt64 = 0
    }

    /// Of a unit of a file with all that belongs to it.
    init(
        _ root: RootEntry, _ header: UnitHeader, in sections: DwarfSections, _ budget: DebugInfoBudget
    ) throws(DebugInfoError) {
        encoding = header.encoding
        self.budget = budget
        self.sections = sections
        addressed = sections
        bases = Bases(
            textOffsets: root.textOffsetsBase ?? 0, addresses: root.addressBase ?? 0,
            rangeLists: root.rangeListsBase ?? 0)
        if let low = root.code.low { bases.address = try address(low) ?? 0 }
    }

    /// Of the rest of a unit, in another file.
    ///
    /// - Parameter contribution: where its parts of the sections begin there.
    init(
        _ header: UnitHeader, in sections: DwarfSections, _ contribution: UnitContribution, of skeleton: UnitContext,
        _ budget: DebugInfoBudget
    ) {
        encoding = header.encoding
        self.budget = budget
        self.sections = sections
        addressed = skeleton.references.addressed
        // From version 5 on, each part begins with a header.
        let isLong = header.encoding.offsetSize == 8
        let textHeader: UInt64 = header.encoding.version < 5 ? 0 : isLong ? 16 : 8
        let listHeader: UInt64 = header.encoding.version < 5 ? 0 : isLong ? 20 : 12
        bases = Bases(
            textOffsets: contribution.textOffsets &+ textHeader, addresses: skeleton.root.addressBase ?? 0,
            rangeLists: contribution.rangeLists &+ listHeader, ranges: skeleton.root.gnuRangesBase ?? 0,
            address: skeleton.references.bases.address)
    }

    /// The address that an attribute gives; `nil` where it gives something else.
    func address(_ value: AttributeValue) throws(DebugInfoError) -> UInt64? {
        switch value {
        case .address(let address): return address
        case .addressIndex(let index): return try address(ofIndex: index)
        default: return nil
        }
    }

    private func address(ofIndex index: UInt64) throws(DebugInfoError) -> UInt64 {
        let size = encoding.addressSize
        let section = try addressed[.addresses]
        var reader = try section.reader(at: try position(bases.addresses, index, size, in: section), wanting: size)
        return try reader.number(size: size)
    }

    private func position(
        _ base: UInt64, _ index: UInt64, _ size: Int, in section: DebugSection
    ) throws(DebugInfoError) -> UInt64 {
        guard index < section.size, base <= section.size else { throw section.damage(at: base) }
        return base + index * UInt64(size)
    }

    /// Calls `body` with each range of an entry's code.
    func forEachRange(
        of place: CodePlace, _ body: (Range<UInt64>) throws(DebugInfoError) -> Void
    ) throws(DebugInfoError) {
        if let ranges = place.ranges {
            try forEachRange(inList: ranges, body)
        } else if let low = place.low, let high = place.high, let start = try address(low) {
            let end = try address(high) ?? high.number.map { start &+ $0 } ?? start
            if start < end { try body(start..<end) }
        }
    }

    private func forEachRange(
        inList value: AttributeValue, _ body: (Range<UInt64>) throws(DebugInfoError) -> Void
    ) throws(DebugInfoError) {
        let offset: UInt64
        switch value {
        case .rangeListIndex(let index):
            let section = try sections[.rangeLists]
            let size = encoding.offsetSize
            var reader = try section.reader(at: try position(bases.rangeLists, index, size, in: section), wanting: size)
            offset = bases.rangeLists &+ (try reader.number(size: size))
        case .number(let value), .sectionOffset(let value): offset = value
        default: return
        }
        if encoding.version >= 5 {
            let list = RangeList(
                at: offset, of: try sections[.rangeLists], encoding, base: bases.address, budget: budget)
            try list.forEach(address: { (index) throws(DebugInfoError) in try address(ofIndex: index) }, body)
        } else {
            let list = RangeList(
                at: offset &+ bases.ranges, of: try addressed[.ranges], encoding, base: bases.address, budget: budget)
            try list.forEachOfOlderForm(body)
        }
    }

    /// A text that an attribute of an entry refers to; `nil` where it doesn't lie in the file.
    ///
    /// - Parameter alternate: the sections of the file that dwz(1) moved what several files share to.
    func text(_ place: TextPlace, in section: DwarfSections.Name = .info, alternate: DwarfSections?) -> String? {
        let text = budget.reading { () throws(DebugInfoError) -> String? in
            switch place {
            case .inline(let offset): try sections[section].text(at: offset)
            case .text(let offset): try sections[.text].text(at: offset)
            case .lineText(let offset): try sections[.lineText].text(at: offset)
            case .alternate(let offset): try alternate?[.text].text(at: offset)
            case .index(let index): try sections[.text].text(at: try textOffset(ofIndex: index))
            }
        }
        return (try? text.get()) ?? nil
    }

    private func textOffset(ofIndex index: UInt64) throws(DebugInfoError) -> UInt64 {
        let size = encoding.offsetSize
        let section = try sections[.textOffsets]
        var reader = try section.reader(at: try position(bases.textOffsets, index, size, in: section), wanting: size)
        return try reader.number(size: size)
    }
}
