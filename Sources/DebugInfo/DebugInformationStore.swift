package import ObjectFiles
package import ProfileModel

/// The debug information of a recording's object files, each opened when it is first asked for, within one budget.
///
/// Belongs to one thread.
package final class DebugInformationStore {
    private var opened: [ObjectID: DebugInformation?] = [:]
    package let budget: ParsingBudget
    /// How many object files and units were not read because the budget was exhausted.
    package private(set) var refusals = 0

    package init(budget: ParsingBudget = ParsingBudget(.debugInfo)) { self.budget = budget }

    /// The functions at an address, the innermost inlined one first; none where debug information doesn't cover it.
    package func calls(at address: FileAddress, in object: ObjectFile) -> [SourceCall] {
        guard let information = information(of: object) else { return [] }
        let before = information.refusals
        let calls = information.calls(at: address)
        refusals += information.refusals - before
        return calls
    }

    private func information(of object: ObjectFile) -> DebugInformation? {
        if let known = opened[object.id] { return known }
        let id = object.id
        let result = Result { () throws(DebugInfoError) in
            try DebugInformation(of: object, budget: budget) { [weak self] attempt in
                self?.makeRoom(attempt, for: id) ?? false
            }
        }
        if case .failure(.budgetExhausted) = result { refusals += 1 }
        let information = (try? result.get()) ?? nil
        opened[id] = .some(information)
        return information
    }

    /// Gives back memory: first that of all indices, then that of other object files' decompressed sections.
    private func makeRoom(_ attempt: Int, for object: ObjectID) -> Bool {
        switch attempt {
        case 0: for information in opened.values { information?.evictIndices() }
        case 1: for (id, information) in opened where id != object { information?.evictSections() }
        default: return false
        }
        return true
    }

    /// Closes what belongs to object files that are not used any more.
    package func discard(_ discarded: [ObjectID]) { for object in discarded { opened[object] = nil } }
}
