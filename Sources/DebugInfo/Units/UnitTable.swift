internal import ObjectFiles
internal import SystemSupport

/// Which unit the code at an address belongs to.
///
/// `.debug_aranges` lists units and their code, so that these are found without reading all units. Of those that it doesn't
/// list, the first entries say where their code is. Belongs to one thread.
final class UnitTable {
    /// The first thing that kept something from being read.
    private(set) var defect: DebugInfoError?
    private let units: DwarfUnits
    private let code: [Range<UInt64>]
    private let budget: DebugInfoBudget
    private var listed: Listed?
    private var unlisted: CodeRanges<Int>?
    private var hasUnreadableUnits = false

    /// What `.debug_aranges` has: offsets of units in `.debug_info`.
    private struct Listed {
        var ranges: CodeRanges<UInt64>
        /// In ascending order.
        var units: ReservedArray<UInt64>

        init(_ reservation: MemoryReservation) {
            ranges = CodeRanges(reservation)
            units = ReservedArray(reservation)
        }

        func contains(_ unit: UInt64) -> Bool {
            let next = units.elements.partitionPoint { $0 < unit }
            return next < units.elements.count && units.elements[next] == unit
        }
    }

    /// - Parameter code: the addresses of the object file's code; what lies elsewhere was discarded by the linker.
    init(of units: DwarfUnits, code: [Range<UInt64>], budget: DebugInfoBudget) {
        self.units = units
        self.code = code
        self.budget = budget
    }

    /// The numbers of the units that are listed at an address, the likeliest one first.
    func listedUnits(at address: UInt64) -> [Int] {
        knownList()?.ranges.units(at: address).compactMap(number(startingAt:)) ?? []
    }

    /// The numbers of the units at an address that are not listed, the likeliest one first.
    func unlistedUnits(at address: UInt64) -> [Int] {
        if unlisted == nil, !hasUnreadableUnits, let listed = knownList() {
            unlisted = read { () throws(DebugInfoError) in try readUnlisted(listed) }
        }
        return unlisted?.units(at: address) ?? []
    }

    private func knownList() -> Listed? {
        if listed == nil, !hasUnreadableUnits {
            listed = read { () throws(DebugInfoError) in try readList() }
        }
        return listed
    }

    private func number(startingAt offset: UInt64) -> Int? {
        if hasUnreadableUnits { return nil }
        return read { () throws(DebugInfoError) in try units.number(startingAt: offset) } ?? nil
    }

    /// What `body` reads; `nil` where the budget is exhausted, after which nothing is read any more.
    private func read<Value>(_ body: () throws(DebugInfoError) -> Value) -> Value? {
        switch budget.reading(body) {
        case .success(let value):
            return value
        case .failure(let error):
            defect = defect ?? error
            hasUnreadableUnits = true
            return nil
        }
    }

    private func isCode(_ range: Range<UInt64>) -> Bool { code.contains { $0.contains(range.lowerBound) } }

    private func readList() throws(DebugInfoError) -> Listed {
        var listed = Listed(try budget.reserve())
        try undamaged { () throws(DebugInfoError) in
            guard let section = try units.sections.optional(.addressRanges) else { return }
            try AddressRanges.forEach(in: section, budget: budget) { (range, unit) throws(DebugInfoError) in
                guard isCode(range) else { return }
                try listed.ranges.append(range, unit)
                if listed.units.elements.last != unit { try listed.units.append(unit) }
            }
        }
        listed.ranges.sort()
        listed.units.sort(by: <)
        return listed
    }

    private func readUnlisted(_ listed: Listed) throws(DebugInfoError) -> CodeRanges<Int> {
        var ranges = CodeRanges<Int>(try budget.reserve())
        for (number, header) in try units.all().enumerated()
        where header.kind == .code && !listed.contains(header.range.lowerBound) {
            // A damaged unit takes no other with it.
            try undamaged { () throws(DebugInfoError) in
                let root = try RootEntry(of: header, in: units.sections, budget: budget)
                let references = try UnitReferences(root, header, in: units.sections, budget)
                try references.forEachRange(of: root.code) { (range) throws(DebugInfoError) in
                    if isCode(range) { try ranges.append(range, number) }
                }
            }
        }
        ranges.sort()
        return ranges
    }
}
