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
        let calls = information.calls(at: address) { evictIndices() }
        refusals += information.refusals - before
        return calls
    }

    private func information(of object: ObjectFile) -> DebugInformation? {
        if let known = opened[object.id] { return known }
        var result = Self.open(object, budget)
        if case .failure(.budgetExhausted) = result {
            evictIndices()
            result = Self.open(object, budget)
        }
        if case .failure(.budgetExhausted) = result { refusals += 1 }
        let information = (try? result.get()) ?? nil
        opened[object.id] = .some(information)
        return information
    }

    private static func open(
        _ object: ObjectFile, _ budget: ParsingBudget
    ) -> Result<DebugInformation?, DebugInfoError> {
        Result { () throws(DebugInfoError) in try DebugInformation(of: object, budget: budget) }
    }

    private func evictIndices() { for information in opened.values { information?.evictIndices() } }

    /// Closes what belongs to object files that are not used any more.
    package func discard(_ discarded: [ObjectID]) { for object in discarded { opened[object] = nil } }
}
