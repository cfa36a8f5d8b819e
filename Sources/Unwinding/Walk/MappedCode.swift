internal import ObjectFiles
package import ProfileModel

/// Reads generated code, which changes rarely, from a live process.
///
/// Stacks change all the time, and are never read so.
package protocol CodeReader {
    /// Up to `count` bytes at `address`; fewer where the memory ends.
    func bytes(at address: Address, count: Int) -> [UInt8]
}

/// The code that a process has mapped, and the call frame information for it.
final class MappedCode: CodeSource {
    /// Why there is no description for an address.
    enum Failure: Error {
        case noDescription
        case unusableDescription
        case parsingBudgetExhausted
        case workLimit

        fileprivate init(_ error: CallFrameError) {
            switch error {
            case .budgetExhausted: self = .parsingBudgetExhausted
            case .workLimit: self = .workLimit
            default: self = .unusableDescription
            }
        }
    }

    var addressSpace: AddressSpaceMap
    /// Reads code that no object file holds; `nil` where there is no live process.
    var generatedCode: (any CodeReader)?
    private let tables: UnwindTableCache
    private let budget: WorkBudget

    init(_ addressSpace: AddressSpaceMap, tables: UnwindTableCache, budget: WorkBudget) {
        self.addressSpace = addressSpace
        self.tables = tables
        self.budget = budget
    }

    /// Where an instruction comes from.
    func location(of address: Address) -> CodeLocation { addressSpace.location(of: address) }

    /// The object file whose code is mapped at `address`, and the bias that its addresses have there.
    func object(at address: Address) -> (object: ObjectFile, bias: UInt64)? { addressSpace.object(at: address) }

    /// The mapping that holds `address`, of code or of data.
    func range(containing address: Address) -> Range<Address>? {
        addressSpace.mapping(containing: address).map { $0.start..<$0.end }
    }

    // MARK: - Code

    func bytes(at address: Address, count: Int) -> [UInt8] {
        guard let mapping = addressSpace.mapping(containing: address), mapping.isExecutable else { return [] }
        let available = Int(min(UInt64(count), mapping.end.rawValue - address.rawValue))
        // A writable mapping can differ from its file.
        if !mapping.isWritable, let object = mapping.backing.object, let fileAddress = mapping.fileAddress(of: address)
        {
            return object.bytes(at: fileAddress, count: available)
        }
        return generatedCode?.bytes(at: address, count: available) ?? []
    }

    func executableRange(containing address: Address) -> Range<Address>? {
        guard let mapping = addressSpace.mapping(containing: address), mapping.isExecutable else { return nil }
        return mapping.start..<mapping.end
    }

    func isStable(at address: Address) -> Bool {
        guard let mapping = addressSpace.mapping(containing: address) else { return false }
        return !mapping.isWritable && mapping.backing.object != nil
    }

    // MARK: - Functions

    func function(covering address: Address) -> FunctionExtent? {
        guard let found = object(at: address) else { return nil }
        let fileAddress = FileAddress(rawValue: address.rawValue &- found.bias)
        if let description = try? description(covering: fileAddress, of: found.object) {
            return FunctionExtent(description, bias: found.bias)
        }
        guard !budget.isExhausted(.findingEntries) else { return nil }
        if let symbol = found.object.symbol(containing: fileAddress) { return FunctionExtent(symbol, bias: found.bias) }
        return tables.functions(in: found.object).range(covering: fileAddress).flatMap { range in
            FunctionExtent(
                start: range.lowerBound.rawValue &+ found.bias, end: range.upperBound.rawValue &+ found.bias,
                beginsWithCall: true)
        }
    }

    /// The start of the function that covers `address`.
    func functionStart(covering address: Address) -> Address? { function(covering: address)?.range.lowerBound }

    /// Whether no call frame information covers `instruction`.
    func isUndescribed(_ instruction: Address) -> Bool { function(covering: instruction)?.isDescribed != true }

    /// Whether an instruction is of assembly of a Go program after which the depths in its table may be wrong.
    func goSetsStackPointer(at instruction: Address) -> Bool {
        goFunction(covering: instruction)?.function.setsStackPointer == true
    }

    private func goFunction(covering instruction: Address) -> (function: GoFunction, address: FileAddress)? {
        guard let (object, bias) = object(at: instruction) else { return nil }
        let address = FileAddress(rawValue: instruction.rawValue &- bias)
        return object.goFunctions?.function(covering: address).map { ($0, address) }
    }

    /// How far the stack pointer is below the return address, by a Go program's own table.
    func goStackDepth(at instruction: Address) -> UInt64? {
        guard let (function, address) = goFunction(covering: instruction),
            let (depths, end) = function.stackDepths, address < end,
            let row = depths.last(where: { $0.start <= address })
        else { return nil }
        return UInt64(row.depth)
    }

    /// The entry that says how to leave the frame of `instruction`, as libunwind is given it.
    func entry(covering instruction: Address) throws(Failure) -> SanitizedEntry {
        guard let found = object(at: instruction) else { throw .noDescription }
        let fileAddress = FileAddress(rawValue: instruction.rawValue &- found.bias)
        let known: FrameDescription?
        do { known = try description(covering: fileAddress, of: found.object) } catch { throw Failure(error) }
        guard let known else { throw .noDescription }
        guard budget.allows(.checkingInstructions, known.instructionSize) else { throw .workLimit }
        do { return try SanitizedEntry(known, bias: found.bias) } catch { throw Failure(error) }
    }

    private func description(
        covering address: FileAddress, of object: ObjectFile
    ) throws(CallFrameError) -> FrameDescription? {
        guard !budget.isExhausted(.findingEntries) else { throw .workLimit }
        let found = try tables.table(of: object).description(covering: address)
        // So much was read already; the next search is refused when it was too much.
        _ = budget.allows(.findingEntries, 64 + (found?.instructionSize ?? 0))
        return found
    }
}

extension FrameDescription {
    fileprivate var instructionSize: Int { common.instructions.count + instructions.count }
}
