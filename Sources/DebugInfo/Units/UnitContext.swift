internal import ObjectFiles

/// A unit of code and what it takes to read its entries.
final class UnitContext {
    let header: UnitHeader
    let abbreviations: Abbreviations
    /// Where its entries are.
    let sections: DwarfSections
    let root: RootEntry
    let references: UnitReferences
    private let reservation: MemoryReservation

    /// A unit of a file with all that belongs to it.
    init(_ header: UnitHeader, in sections: DwarfSections, budget: DebugInfoBudget) throws(DebugInfoError) {
        (abbreviations, reservation) = try Self.abbreviations(at: header.abbreviations, header, sections, budget)
        root = try RootEntry(of: header, in: try sections[.info], abbreviations)
        references = try UnitReferences(root, header, in: sections, budget)
        self.header = header
        self.sections = sections
    }

    /// The rest of a unit, in another file.
    ///
    /// - Parameter contribution: where its parts of the sections begin there.
    init(
        _ header: UnitHeader, in sections: DwarfSections, _ contribution: UnitContribution, of skeleton: UnitContext,
        budget: DebugInfoBudget
    ) throws(DebugInfoError) {
        let offset = contribution.abbreviations &+ header.abbreviations
        (abbreviations, reservation) = try Self.abbreviations(at: offset, header, sections, budget)
        root = try RootEntry(of: header, in: try sections[.info], abbreviations)
        references = UnitReferences(header, in: sections, contribution, of: skeleton, budget)
        self.header = header
        self.sections = sections
    }

    private static func abbreviations(
        at offset: UInt64, _ header: UnitHeader, _ sections: DwarfSections, _ budget: DebugInfoBudget
    ) throws(DebugInfoError) -> (Abbreviations, MemoryReservation) {
        let reservation = try budget.reserve()
        let abbreviations = try Abbreviations(
            at: offset, of: try sections[.abbreviations], header.encoding, budget: budget, reservation)
        return (abbreviations, reservation)
    }
}
