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
        of context: UnitContext, entries: FunctionEntries.Place, rest: UnitContext?, alternate: DwarfSections?,
        code: [Range<UInt64>], budget: DebugInfoBudget
    ) throws(DebugInfoError) {
        let reservation = try budget.reserve()
        scopes = try ScopeTree(of: rest ?? context, budget: budget, reservation)
        lines = try undamaged { () throws(DebugInfoError) in
            guard let offset = context.root.lineProgram, let section = try context.sections.optional(.lines) else {
                return nil
            }
            return try LineTable(
                at: offset, of: section, addressSize: context.header.encoding.addressSize, code: code, budget: budget,
                reservation)
        }
        self.entries = entries
        self.reservation = reservation
        self.context = context
        self.alternate = alternate
    }

    /// The path of a file that the unit numbers.
    func path(ofFile number: UInt32) -> String? {
        if let known = paths[number] { return known }
        let compilation = context.root.directory.flatMap { context.references.text($0, alternate: alternate) }
        let path = lines?.files.path(of: UInt64(number), compilation: compilation) {
            context.references.text($0, in: .lines, alternate: alternate)
        }.map { $0.utf8.count <= Self.pathLimit ? $0 : String(decoding: $0.utf8.prefix(Self.pathLimit), as: UTF8.self) }
        keep(path, number)
        return path
    }

    /// A path that there is no memory for is read again.
    private func keep(_ path: String?, _ number: UInt32) {
        let size = (path?.utf8.count ?? 0) + Self.pathSize
        guard (try? reservation.grow(by: size)) != nil else { return }
        paths[number] = path
    }

    /// Bytes, as Linux limits them.
    private static let pathLimit = 4096
    /// What an entry of `paths` takes beside the text.
    private static let pathSize = 128
}
