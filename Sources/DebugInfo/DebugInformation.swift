package import ObjectFiles
package import ProfileModel

/// A function that an address lies in, or that was inlined there, by debug information.
package struct SourceCall: Hashable, Sendable {
    /// Which function it is, within its object file: the same for all calls of it in a unit.
    package let function: UInt64
    /// As it was written, with what it is declared in where there is no `linkageName`; `nil` where that isn't known, or only
    /// the line is.
    package let name: String?
    package let linkageName: String?
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
    private let budget: DebugInfoBudget
    private var indices: [Int: UnitIndex] = [:]
    private var unreadable: Set<Int> = []
    private var unitDefect: DebugInfoError?
    /// What kept something from being read that was asked for.
    package var defect: DebugInfoError? { units.defect ?? table.defect ?? unitDefect }
    /// How many units, names and paths were not read because the budget was exhausted.
    package var refusals: Int { budget.refusals }

    /// The units of the file that dwz(1) moved what several files share to, once they are asked for.
    private final class AlternateUnits {
        private let main: DebugFile
        private let budget: DebugInfoBudget
        private var known: DwarfUnits??

        init(of main: DebugFile, budget: DebugInfoBudget) {
            self.main = main
            self.budget = budget
        }

        func opened() throws(DebugInfoError) -> DwarfUnits? {
            if let known { return known }
            let units = try undamaged { () throws(DebugInfoError) -> DwarfUnits? in
                guard let file = main.alternate() else { return nil }
                return try DwarfUnits(DwarfSections(file, budget: budget), budget: budget)
            }
            known = .some(units)
            return units
        }

        /// `nil` before it is asked for.
        var units: DwarfUnits? { known ?? nil }
    }

    /// Opens it; `nil` where neither the object file nor its separate debug file has any.
    ///
    /// - Parameters:
    ///   - shared: what this takes together with the debug information of others.
    ///   - makeRoom: gives back memory of what can be read again; called with 0, 1 and so on for ever more of it, until it
    ///     returns `false`.
    package init?(
        of object: ObjectFile, budget shared: ParsingBudget,
        makeRoom: @escaping (_ attempt: Int) -> Bool = { _ in false }
    ) throws(DebugInfoError) {
        guard let file = object.debugFile() else { return nil }
        let code = object.segments.filter(\.isExecutable).map { segment in
            segment.address.rawValue..<max(segment.address.rawValue, segment.address.rawValue &+ segment.memorySize)
        }
        let budget = DebugInfoBudget(shared, makeRoom: makeRoom)
        let units = try budget.reading { () throws(DebugInfoError) in
            try DwarfUnits(DwarfSections(file, budget: budget), budget: budget)
        }.get()
        let alternate = AlternateUnits(of: file, budget: budget)
        functions = FunctionEntries(budget: budget) { alternate.units }
        split = SplitUnits(of: file, budget: budget)
        table = UnitTable(of: units, code: code, budget: budget)
        self.alternate = alternate
        self.units = units
        self.code = code
        self.budget = budget
    }

    /// The functions at an address, the innermost inlined one first; none where debug information doesn't cover it.
    package func calls(at address: FileAddress) -> [SourceCall] {
        for find in [table.listedUnits, table.allUnits] {
            for number in find(address.rawValue) {
                guard let index = index(of: number) else { continue }
                let calls = calls(at: address.rawValue, in: index)
                if !calls.isEmpty { return calls }
            }
        }
        return []
    }

    private func calls(at address: UInt64, in index: UnitIndex) -> [SourceCall] {
        let row = index.lines?.row(at: address)
        var (file, line) = (row?.file, row?.line)
        let scopes = index.scopes.chain(at: address)
        if scopes.isEmpty {
            let source = position(file, line, in: index, functionLine: nil)
            return source.map { [SourceCall(function: address, name: nil, linkageName: nil, source: $0)] } ?? []
        }
        var calls: [SourceCall] = []
        var inner: (scope: ScopeTree.Scope, function: FunctionEntries.Function)?
        for scope in scopes {
            let function = functions.function(at: scope.entry, in: index.entries)
            let isSame = inner.map { $0.function.origin == function.origin && function.isContinued(by: $0.scope) }
            if isSame != true {
                calls.append(
                    SourceCall(
                        function: function.origin.hash, name: functions.qualifiedName(of: function, in: index),
                        linkageName: function.linkageName,
                        source: position(file, line, in: index, functionLine: function.line)))
            }
            (file, line, inner) = (scope.callFile, scope.callLine, (scope, function))
        }
        return calls
    }

    private func position(
        _ file: UInt32?, _ line: UInt32?, in index: UnitIndex, functionLine: Int?
    ) -> SourcePosition? {
        guard let file, let line, line > 0, let path = index.path(ofFile: file) else { return nil }
        return SourcePosition(file: path, line: Int(line), functionLine: functionLine)
    }

    private func index(of number: Int) -> UnitIndex? {
        if let known = indices[number] { return known }
        if unreadable.contains(number) { return nil }
        switch budget.reading({ () throws(DebugInfoError) in try readIndex(of: number) }) {
        case .success(let index):
            indices[number] = index
            return index
        case .failure(let error):
            unitDefect = unitDefect ?? error
            unreadable.insert(number)
            return nil
        }
    }

    /// Gives back the memory of what can be read again.
    package func evictIndices() {
        indices.removeAll()
        functions.discard()
        for units in [units, alternate.units] { units?.discardContexts() }
    }

    /// Gives back the memory of what takes long to read again, where none of it is in use.
    package func evictSections() {
        evictIndices()
        split.discardSections()
        for units in [units, alternate.units] { units?.discardSections() }
    }

    private func readIndex(of number: Int) throws(DebugInfoError) -> UnitIndex {
        let context = try units.context(number)
        let rest = try split.rest(of: context)
        return try UnitIndex(
            of: context, entries: rest.map { .split($0, number: number) } ?? .units(units), rest: rest,
            alternate: try alternate.opened()?.sections, code: code, budget: budget)
    }
}
