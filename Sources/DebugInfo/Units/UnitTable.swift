internal import ObjectFiles
internal import SystemSupport

/// Which unit the code at an address belongs to.
struct UnitTable {
    private struct Entry {
        let range: Range<UInt64>
        let unit: Int
    }

    /// In the order of their starts.
    private let entries: [Entry]
    private let reservation: MemoryReservation

    /// - Parameter code: the addresses of the object file's code; what lies elsewhere was discarded by the linker.
    init(
        of units: DwarfUnits, code: [Range<UInt64>], budget: DebugInfoBudget
    ) throws(DebugInfoError) {
        reservation = try budget.reserve()
        var entries = ReservedArray<Entry>(reservation)
        var unplaced: [UInt64: Int] = [:]
        func add(_ range: Range<UInt64>, _ unit: Int) throws(DebugInfoError) {
            guard code.contains(where: { $0.contains(range.lowerBound) }) else { return }
            try entries.append(Entry(range: range, unit: unit))
        }
        for (index, header) in units.headers.enumerated() where header.kind == .code {
            let before = entries.elements.count
            // A damaged unit takes no other with it.
            try undamaged { () throws(DebugInfoError) in
                try Self.forEachRange(of: header, in: units.sections, budget) { (range) throws(DebugInfoError) in
                    try add(range, index)
                }
            }
            if entries.elements.count == before { unplaced[header.range.lowerBound] = index }
        }
        if !unplaced.isEmpty {
            try undamaged { () throws(DebugInfoError) in
                guard let section = try units.sections.optional(.addressRanges) else { return }
                try AddressRanges.forEach(in: section, budget: budget) { (range, unit) throws(DebugInfoError) in
                    if let index = unplaced[unit] { try add(range, index) }
                }
            }
        }
        entries.sort { ($0.range.lowerBound, $0.unit) < ($1.range.lowerBound, $1.unit) }
        self.entries = entries.elements
    }

    /// The code of a unit by its first entry, without the abbreviations of the others.
    private static func forEachRange(
        of header: UnitHeader, in sections: DwarfSections, _ budget: DebugInfoBudget,
        _ body: (Range<UInt64>) throws(DebugInfoError) -> Void
    ) throws(DebugInfoError) {
        let root = try RootEntry(of: header, in: sections, budget: budget)
        try UnitReferences(root, header, in: sections, budget).forEachRange(of: root.code, body)
    }

    /// The numbers of the units at an address, the likeliest one first.
    func units(at address: UInt64) -> [Int] {
        let end = entries.partitionPoint { $0.range.lowerBound <= address }
        return entries[..<end].suffix(Self.overlaps).reversed().filter { $0.range.contains(address) }.map(\.unit)
    }

    /// How many ranges before an address may contain it.
    private static let overlaps = 8
}
