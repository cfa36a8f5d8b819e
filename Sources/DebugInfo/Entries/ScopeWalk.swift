internal import ObjectFiles

/// Goes through the entries of a unit and collects functions and inlined calls that have code.
///
/// Functions can be anywhere: in namespaces, types, blocks, and in functions that don't contain their code (Swift's closures).
struct ScopeWalk {
    struct ScopeRange {
        let range: Range<UInt64>
        let scope: Int32
    }

    private(set) var scopes: [ScopeTree.Scope] = []
    var ranges: [ScopeRange] = []
    /// What was reserved for `ranges`.
    private(set) var rangeBytes = 0
    private let header: UnitHeader
    private let abbreviations: Abbreviations
    private let references: UnitReferences
    private let budget: ParsingBudget
    private let reservation: MemoryReservation
    private var reader: DwarfReader
    /// For each open entry the scope that it is or lies in.
    private var open: [Int32?] = []

    init(
        _ context: UnitContext, budget: ParsingBudget, _ reservation: MemoryReservation
    ) throws(DebugInfoError) {
        let header = context.header
        reader = try context.sections[.info].reader(
            at: header.entries, count: header.range.upperBound - header.entries)
        self.header = header
        abbreviations = context.abbreviations
        references = context.references
        self.budget = budget
        self.reservation = reservation
    }

    mutating func run() throws(DebugInfoError) {
        let bytes = reader.remaining
        let transient = try withinBudget { () throws(BudgetExhausted) in try budget.reserve(bytes) }
        defer { withExtendedLifetime(transient) {} }
        var count = 0
        while reader.remaining > 0 {
            if count % Self.chunk == 0 {
                try withinBudget { () throws(BudgetExhausted) in try budget.spend(Self.chunk, .entries) }
            }
            count += 1
            let start = reader.offset
            let code = try reader.unsigned()
            if code == 0 {
                if open.popLast() == nil { return }
                continue
            }
            guard let declaration = abbreviations[code] else { throw reader.damage }
            var scope = open.last ?? nil
            if declaration.isFunction {
                scope = try self.scope(declaration, at: start, in: scope)
            } else if let size = declaration.size {
                try reader.skip(size)
            } else {
                try skip(declaration)
            }
            guard declaration.hasChildren else { continue }
            guard open.count < Self.depthLimit else { throw reader.unsupported(UInt64(open.count)) }
            open.append(scope)
        }
    }

    private mutating func skip(_ declaration: Abbreviations.Declaration) throws(DebugInfoError) {
        let encoding = header.encoding
        for index in declaration.attributes {
            let form = abbreviations.attributes[index].form
            if let size = form.size(encoding) {
                try reader.skip(size)
            } else {
                _ = try AttributeValue(form, &reader, encoding, unit: 0)
            }
        }
    }

    /// Reads a function or an inlined call; returns the scope that its children lie in.
    private mutating func scope(
        _ declaration: Abbreviations.Declaration, at entry: UInt64, in outer: Int32?
    ) throws(DebugInfoError) -> Int32? {
        var place = CodePlace()
        var (callFile, callLine): (UInt64, UInt64) = (0, 0)
        for index in declaration.attributes {
            let attribute = abbreviations.attributes[index]
            let value = try AttributeValue(
                attribute.form, constant: attribute.constant, &reader, header.encoding,
                unit: header.range.lowerBound)
            switch attribute.name {
            case AttributeName.callFile: callFile = value.number ?? 0
            case AttributeName.callLine: callLine = value.number ?? 0
            default: place.note(attribute.name, value)
            }
        }
        let isInlined = declaration.tag == Tag.inlinedSubroutine
        let number = Int32(clamping: scopes.count)
        let before = ranges.count
        do throws(DebugInfoError) {
            try references.forEachRange(of: place) { (range) throws(DebugInfoError) in
                try add(ScopeRange(range: range, scope: number))
            }
        } catch {
            if case .budgetExhausted = error { throw error }
        }
        guard ranges.count > before else { return isInlined ? outer : nil }
        if scopes.count % Self.chunk == 0 {
            try withinBudget { () throws(BudgetExhausted) in
                try reservation.grow(by: Self.chunk * MemoryLayout<ScopeTree.Scope>.stride)
            }
        }
        scopes.append(
            ScopeTree.Scope(
                entry: entry, caller: isInlined ? outer : nil, callFile: UInt32(clamping: callFile),
                callLine: UInt32(clamping: callLine)))
        return number
    }

    private mutating func add(_ range: ScopeRange) throws(DebugInfoError) {
        if ranges.count % Self.chunk == 0 {
            let size = Self.chunk * MemoryLayout<ScopeRange>.stride
            try withinBudget { () throws(BudgetExhausted) in
                try reservation.grow(by: size)
                try budget.spend(Self.chunk, .entries)
            }
            rangeBytes += size
        }
        ranges.append(range)
    }

    /// Entries that are counted together.
    private static let chunk = 1024
    /// Entries within each other; compilers write some dozens.
    private static let depthLimit = 4096
}
