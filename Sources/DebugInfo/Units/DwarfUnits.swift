internal import ObjectFiles
internal import SystemSupport

/// The units in `.debug_info` of one file.
///
/// Belongs to one thread.
final class DwarfUnits {
    let sections: DwarfSections
    /// In the order of their offsets.
    let headers: [UnitHeader]
    /// What ended the list before the section's end.
    let defect: DebugInfoError?
    private let budget: DebugInfoBudget
    private let reservation: MemoryReservation
    private var contexts: [Int: UnitContext] = [:]

    init(_ sections: DwarfSections, budget: DebugInfoBudget) throws(DebugInfoError) {
        let section = try sections[.info]
        reservation = try budget.reserve()
        var headers = ReservedArray<UnitHeader>(reservation)
        var defect: DebugInfoError?
        var offset: UInt64 = 0
        while offset < section.size {
            try budget.step()
            do throws(DebugInfoError) {
                let header = try UnitHeader(at: offset, of: section)
                try headers.append(header)
                offset = header.range.upperBound
            } catch {
                if case .budgetExhausted = error { throw error }
                defect = error
                break
            }
        }
        self.sections = sections
        self.headers = headers.elements
        self.defect = defect
        self.budget = budget
    }

    /// The unit of a number.
    func context(_ index: Int) throws(DebugInfoError) -> UnitContext {
        if let known = contexts[index] { return known }
        if contexts.count >= Self.contextLimit { contexts.removeAll() }
        let context = try UnitContext(headers[index], in: sections, budget: budget)
        contexts[index] = context
        return context
    }

    /// The unit with the entry at an offset.
    func context(containing offset: UInt64) throws(DebugInfoError) -> UnitContext {
        let index = headers.partitionPoint { $0.range.lowerBound <= offset } - 1
        guard index >= 0, headers[index].range.contains(offset) else { throw try sections[.info].damage(at: offset) }
        return try context(index)
    }

    /// Gives back the memory of what can be read again.
    func discardContexts() { contexts.removeAll() }

    /// Gives back the memory of what takes longer to read again.
    func discardSections() { sections.discardDecompressed() }

    /// Units whose abbreviations are kept: those of a program that was optimised as a whole refer to each other.
    private static let contextLimit = 256
}
