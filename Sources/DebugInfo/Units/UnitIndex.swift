internal import ObjectFiles

/// All that is asked of a unit's code, for binary search.
final class UnitIndex {
    /// Where its entries are: in another file than its lines, where it is split.
    let entries: FunctionEntries.Place
    let scopes: ScopeTree
    let lines: LineTable?
    private let context: UnitContext
    private let alternate: DwarfSections?
    private var paths: [UInt32: String?] = [:]
    private let reservation: MemoryReservation

    init(
        of context: UnitContext, in units: DwarfUnits, rest: UnitContext?, alternate: DwarfSections?,
        code: [Range<UInt64>], budget: ParsingBudget
    ) throws(DebugInfoError) {
        let reservation = try withinBudget { () throws(BudgetExhausted) in try budget.reserve(0) }
        scopes = try ScopeTree(of: rest ?? context, budget: budget, reservation)
        lines = try context.root.lineProgram.flatMap { (offset) throws(DebugInfoError) -> LineTable? in
            guard let section = try context.sections.optional(.lines) else { return nil }
            do throws(DebugInfoError) {
                return try LineTable(
                    at: offset, of: section, addressSize: context.header.encoding.addressSize, code: code,
                    budget: budget, reservation)
            } catch {
                if case .budgetExhausted = error { throw error }
                return nil
            }
        }
        entries = rest.map { .unit($0) } ?? .units(units)
        self.context = context
        self.alternate = alternate
        self.reservation = reservation
    }

    /// The path of a file that the unit numbers.
    func path(ofFile number: UInt32) -> String? {
        if let known = paths[number] { return known }
        let compilation = context.root.directory.flatMap { context.references.text($0, alternate: alternate) }
        let path = lines?.files.path(of: UInt64(number), compilation: compilation) {
            context.references.text($0, in: .lines, alternate: alternate)
        }.map { $0.utf8.count <= Self.pathLimit ? $0 : String(decoding: $0.utf8.prefix(Self.pathLimit), as: UTF8.self) }
        if paths.count >= Self.pathCapacity { paths.removeAll() }
        paths[number] = path
        return path
    }

    /// Bytes, as Linux limits them.
    private static let pathLimit = 4096
    private static let pathCapacity = 4096
}
