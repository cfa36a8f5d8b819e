import DebugInfo
import ObjectFiles
import ProfileModel

/// An object file's debug information: units, entries, range lists, line programs, and what is at addresses all over its code.
func fuzzDebugInfo(_ bytes: [UInt8]) {
    let limits = ParsingBudget.Limits(memory: 16 << 20, bytes: 16 << 20, entries: 1 << 16)
    guard
        let object = try? ObjectFile(
            id: ObjectID(rawValue: 1), path: "/fuzzed", image: bytes, budget: ParsingBudget(limits))
    else { return }
    let store = DebugInformationStore(budget: ParsingBudget(limits))
    for segment in object.segments.prefix(8) where segment.isExecutable {
        for offset in stride(from: 0, to: min(segment.memorySize, 512), by: 8) {
            let address = FileAddress(rawValue: segment.address.rawValue &+ offset)
            precondition(store.calls(at: address, in: object).count <= 256)
        }
    }
    for resource in ParsingBudget.Resource.allCases { precondition(store.budget.used(resource) >= 0) }
}
