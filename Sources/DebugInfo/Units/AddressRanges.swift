/// The table of `.debug_aranges`: which unit covers which addresses (DWARF 5, 6.1.2).
enum AddressRanges {
    /// Calls `body` with each range and the offset of its unit in `.debug_info`.
    static func forEach(
        in section: DebugSection, budget: DebugInfoBudget,
        _ body: (Range<UInt64>, UInt64) throws(DebugInfoError) -> Void
    ) throws(DebugInfoError) {
        var offset: UInt64 = 0
        while offset < section.size {
            try budget.step()
            var reader = try section.reader(at: offset)
            let (length, offsetSize) = try reader.unitLength()
            let start = reader.offset
            guard length <= section.size - start else { throw section.damage(at: offset) }
            let version = try reader.number(size: 2)
            let unit = try reader.number(size: offsetSize)
            let (addressSize, segmentSize) = (Int(try reader.byte()), try reader.byte())
            guard version == 2, addressSize == 8 || addressSize == 4, segmentSize == 0 else {
                throw reader.unsupported(version)
            }
            let size = UInt64(2 * addressSize)
            // The pairs are aligned to their size, from the start of the header.
            let first = offset + (reader.offset - offset + size - 1) / size * size
            let end = start + length
            var pieces = try SectionPieces(section, at: first)
            while pieces.offset + size <= end {
                try budget.step()
                let (low, count) = try pieces.next { (reader) throws(DebugInfoError) in
                    (try reader.number(size: addressSize), try reader.number(size: addressSize))
                }
                let (high, isBeyond) = low.addingReportingOverflow(count)
                if !isBeyond, low < high { try body(low..<high, unit) }
            }
            offset = end
        }
    }
}
