internal import ObjectFiles
internal import SystemSupport

/// The units in `.debug_info` of one file, whose list is read as far as it is asked for.
///
/// Belongs to one thread.
final class DwarfUnits {
    let sections: DwarfSections
    /// What ended the list before the section's end, where it was read that far.
    private(set) var defect: DebugInfoError?
    private let section: DebugSection
    private let budget: DebugInfoBudget
    /// In the order of their offsets.
    private var headers: ReservedArray<UnitHeader>
    /// Where the next unit begins.
    private var end: UInt64 = 0
    private var contexts: [Int: UnitContext] = [:]

    init(_ sections: DwarfSections, budget: DebugInfoBudget) throws(DebugInfoError) {
        section = try sections[.info]
        headers = ReservedArray(try budget.reserve())
        self.sections = sections
        self.budget = budget
    }

    /// The headers of all units.
    func all() throws(DebugInfoError) -> [UnitHeader] {
        try readHeaders(upTo: section.size)
        return headers.elements
    }

    /// The number of the unit with the byte at an offset; `nil` where there is none.
    func number(at offset: UInt64) throws(DebugInfoError) -> Int? {
        try readHeaders(upTo: offset)
        let index = headers.elements.partitionPoint { $0.range.lowerBound <= offset } - 1
        return index >= 0 && headers[index].range.contains(offset) ? index : nil
    }

    /// The number of the unit that begins at an offset; `nil` where none does.
    func number(startingAt offset: UInt64) throws(DebugInfoError) -> Int? {
        try number(at: offset).flatMap { headers[$0].range.lowerBound == offset ? $0 : nil }
    }

    /// Reads the headers of the units that begin up to an offset.
    private func readHeaders(upTo offset: UInt64) throws(DebugInfoError) {
        while defect == nil, end <= offset, end < section.size {
            try budget.step()
            do throws(DebugInfoError) {
                let header = try UnitHeader(at: end, of: section)
                try headers.append(header)
                end = header.range.upperBound
            } catch {
                if case .budgetExhausted = error { throw error }
                defect = error
            }
        }
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
        guard let number = try number(at: offset) else { throw section.damage(at: offset) }
        return try context(number)
    }

    /// Gives back the memory of what can be read again.
    func discardContexts() { contexts.removeAll() }

    /// Gives back the memory of what takes longer to read again.
    func discardSections() { sections.discardDecompressed() }

    /// Units whose abbreviations are kept: those of a program that was optimised as a whole refer to each other.
    private static let contextLimit = 256
}
