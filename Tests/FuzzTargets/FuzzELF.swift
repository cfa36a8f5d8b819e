import ObjectFiles
import ProfileModel
import Unwinding

/// An object file: headers, notes, sections, compressed ones, symbols, those embedded in it, and all frame descriptions.
func fuzzELF(_ bytes: [UInt8]) {
    ObjectFile.readEverything(in: bytes)
    let budget = ParsingBudget(ParsingBudget.Limits(memory: 16 << 20, bytes: 16 << 20, entries: 1 << 14))
    guard
        let object = try? ObjectFile(id: ObjectID(rawValue: 1), path: "/fuzzed", image: bytes, budget: budget)
    else { return }
    Unwinder.readEverything(of: object)
    for resource in ParsingBudget.Resource.allCases { precondition(budget.used(resource) >= 0) }
}
