package import ObjectFiles
package import ProfileModel

/// A function that an address lies in, or that was inlined there, by debug information.
package struct SourceCall: Hashable, Sendable {
    /// Which function it is, within its object file.
    package let id: UInt64
    /// As the linker knows it, or else as it was written; `nil` where only the line is known.
    package let name: String?
    /// Where in it the address lies, or the call of the function that was inlined.
    package let source: SourcePosition?
}

/// The debug information of one object file, read unit by unit as addresses are asked for.
///
/// Total and bounded, whatever the file contains. Belongs to one thread.
package final class DebugInformation {
    private let units: DwarfUnits
    private let table: UnitTable
    private let code: [Range<UInt64>]
    private let split: SplitUnits
    private let alternate: AlternateUnits
    private let functions: FunctionEntries
    private let budget: ParsingBudget
    private var indices: [Int: Result<UnitIndex, DebugInfoError>] = [:]
    /// The first thing that kept something from being read.
    package private(set) var defect: DebugInfoError?
    /// How many units were not read because the budget was exhausted.
    package private(set) var refusals = 0

    /// The units of the file that dwz(1) moved what several files share to, once they are asked for.
    private final class AlternateUnits {
        private let main: DebugFile
        private let budget: ParsingBudget
        private var known: DwarfUnits??

        init(of main: DebugFile, budget: ParsingBudget) {
            self.main = main
            self.budget = budget
        }

        var units: DwarfUnits? {
            if let known { return known }
            let units = main.alternate().flatMap { try? DwarfUnits(DwarfSections($0, budget: budget), budget: budget) }
            known = .some(units)
            return units
        }
    }

    /// Reads which units there are; `nil` where neither the object file nor its separate debug file has any.
    ///
    /// - Parameter budget: what this takes together with the debug information of others.
    package init?(of object: ObjectFile, budget: ParsingBudget) throws(DebugInfoError) {
        guard let file = object.debugFile() else { return nil }
        let code = object.segments.filter(\.isExecutable).map { segment in
            segment.address.rawValue..<max(segment.address.rawValue, segment.address.rawValue &+ segment.memorySize)
        }
        let units = try DwarfUnits(DwarfSections(file, budget: budget), budget: budget)
        table = try UnitTable(of: units, code: code, budget: budget)
        let alternate = AlternateUnits(of: file, budget: budget)
        functions = FunctionEntries { alternate.units }
        split = SplitUnits(of: file, budget: budget)
        defect = units.defect
        self.alternate = alternate
        self.units = units
        self.code = code
        self.budget = budget
    }

    /// The functions at an address, the innermost inlined one first; none where debug information doesn't cover it.
    ///
    /// - Parameter makeRoom: called when the budget's memory doesn't suffice for a unit, which is then tried once more.
    package func calls(at address: FileAddress, makeRoom: () -> Void = {}) -> [SourceCall] {
        for number in table.units(at: address.rawValue) {
            guard let index = index(of: number, makeRoom) else { continue }
            let calls = calls(at: address.rawValue, in: index, number)
            if !calls.isEmpty { return calls }
        }
        return []
    }

    private func calls(at address: UInt64, in index: UnitIndex, _ number: Int) -> [SourceCall] {
        let row = index.lines?.row(at: address)
        var (file, line) = (row?.file, row?.line)
        let scopes = index.scopes.chain(at: address)
        if scopes.isEmpty {
            let source = position(file, line, in: index, functionLine: nil)
            return source.map { [SourceCall(id: Self.id(number, address), name: nil, source: $0)] } ?? []
        }
        return scopes.map { scope in
            let function = functions.function(at: scope.entry, in: index.entries)
            defer { (file, line) = (scope.callFile, scope.callLine) }
            return SourceCall(
                id: Self.id(number, scope.entry), name: function.name,
                source: position(file, line, in: index, functionLine: function.line))
        }
    }

    private func position(
        _ file: UInt32?, _ line: UInt32?, in index: UnitIndex, functionLine: Int?
    ) -> SourcePosition? {
        guard let file, let line, line > 0, let path = index.path(ofFile: file) else { return nil }
        return SourcePosition(file: path, line: Int(line), functionLine: functionLine)
    }

    /// The same one in each process that reads the same file.
    private static func id(_ unit: Int, _ entry: UInt64) -> UInt64 {
        (UInt64(unit) &* 0x9e37_79b9_7f4a_7c15) ^ entry
    }

    private func index(of number: Int, _ makeRoom: () -> Void) -> UnitIndex? {
        if let known = indices[number] { return try? known.get() }
        var result = Result { () throws(DebugInfoError) in try readIndex(of: number) }
        if case .failure(.budgetExhausted(let cause)) = result, cause.resource == .memory {
            evictIndices()
            makeRoom()
            result = Result { () throws(DebugInfoError) in try readIndex(of: number) }
        }
        if case .failure(let error) = result {
            defect = defect ?? error
            if case .budgetExhausted = error { refusals += 1 }
        }
        indices[number] = result
        return try? result.get()
    }

    /// Gives back the memory of what can be read again.
    package func evictIndices() {
        indices = indices.filter { if case .failure = $0.value { true } else { false } }
        units.discardContexts()
    }

    private func readIndex(of number: Int) throws(DebugInfoError) -> UnitIndex {
        let context = try units.context(number)
        return try UnitIndex(
            of: context, in: units, rest: try split.rest(of: context), alternate: alternate.units?.sections,
            code: code, budget: budget)
    }
}
