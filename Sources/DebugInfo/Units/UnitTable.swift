internal import ObjectFiles
internal import SystemSupport

/// Which unit the code at an address belongs to.
///
/// `.debug_aranges` lists the code of units, so that most are found without reading the others. Where it has nothing, the first
/// entries of all units say where their code is. Belongs to one thread.
final class UnitTable {
    /// The first thing that kept something from being read.
    private(set) var defect: DebugInfoError?
    private let units: DwarfUnits
    private let code: [Range<UInt64>]
    private let budget: DebugInfoBudget
    /// By `.debug_aranges`, with the offsets of units in `.debug_info`.
    private var listed: CodeRanges<UInt64>?
    /// By the units' first entries, with the units' numbers.
    private var all: CodeRanges<Int>?
    private var hasUnreadableUnits = false

    /// - Parameter code: the addresses of the object file's code; what lies elsewhere was discarded by the linker.
    init(of units: DwarfUnits, code: [Range<UInt64>], budget: DebugInfoBudget) {
        self.units = units
        self.code = code
        self.budget = budget
    }

    /// The numbers of the units that are listed at an address, the likeliest one first.
    func listedUnits(at address: UInt64) -> [Int] {
        if listed == nil, !hasUnreadableUnits { listed = read { () throws(DebugInfoError) in try readList() } }
        return listed?.units(at: address).compactMap(number(startingAt:)) ?? []
    }

    /// The numbers of all units at an address, the likeliest one first.
    func allUnits(at address: UInt64) -> [Int] {
        if all == nil, !hasUnreadableUnits { all = read { () throws(DebugInfoError) in try readAll() } }
        return all?.units(at: address) ?? []
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

    private func readList() throws(DebugInfoError) -> CodeRanges<UInt64> {
        var ranges = CodeRanges<UInt64>(try budget.reserve())
        try undamaged { () throws(DebugInfoError) in
            guard let section = try units.sections.optional(.addressRanges) else { return }
            try AddressRanges.forEach(in: section, budget: budget) { (range, unit) throws(DebugInfoError) in
                if isCode(range) { try ranges.append(range, unit) }
            }
        }
        ranges.sort()
        return ranges
    }

    private func readAll() throws(DebugInfoError) -> CodeRanges<Int> {
        var ranges = CodeRanges<Int>(try budget.reserve())
        for (number, header) in try units.all().enumerated() where header.kind == .code {
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
