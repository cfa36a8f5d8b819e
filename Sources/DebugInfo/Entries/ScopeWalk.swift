internal import ObjectFiles

/// Goes through the entries of a unit and collects functions and inlined calls that have code.
///
/// Functions can be anywhere: in namespaces, types, blocks, and in functions that don't contain their code (Swift's closures).
struct ScopeWalk {
    struct ScopeRange {
        let range: Range<UInt64>
        let scope: Int32
    }

    private(set) var scopes: ReservedArray<ScopeTree.Scope>
    var ranges: ReservedArray<ScopeRange>
    private(set) var names: NameScopes
    private let header: UnitHeader
    private let abbreviations: Abbreviations
    private let references: UnitReferences
    private let budget: DebugInfoBudget
    private var reader: DwarfReader
    /// For each open entry the scope that it is or lies in.
    private var open: [Int32?] = []

    init(
        _ context: UnitContext, budget: DebugInfoBudget, _ reservation: MemoryReservation
    ) throws(DebugInfoError) {
        let header = context.header
        reader = try context.sections[.info].reader(
            at: header.entries, count: header.range.upperBound - header.entries)
        self.header = header
        abbreviations = context.abbreviations
        references = context.references
        self.budget = budget
        scopes = ReservedArray(reservation)
        ranges = ReservedArray(reservation)
        names = NameScopes(endOfUnit: header.range.upperBound, reservation)
    }

    mutating func run() throws(DebugInfoError) {
        while reader.remaining > 0 {
            try budget.step()
            let start = reader.offset
            let code = try reader.unsigned()
            if code == 0 {
                if open.popLast() == nil { return }
                names.close(depth: open.count, at: reader.offset)
                continue
            }
            guard let declaration = abbreviations[code] else { throw reader.damage }
            var scope = open.last ?? nil
            if declaration.tag == Tag.subprogram { try names.keepOpen() }
            if declaration.isFunction {
                scope = try self.scope(declaration, at: start, in: scope)
            } else if let size = declaration.size {
                try reader.skip(size)
            } else {
                try skip(declaration)
            }
            guard declaration.hasChildren else { continue }
            guard open.count < Self.depthLimit else { throw reader.unsupported(UInt64(open.count)) }
            names.open(declaration.tag, at: start, depth: open.count)
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
        var (callFile, callLine, callColumn): (UInt64, UInt64, UInt64) = (0, 0, 0)
        for index in declaration.attributes {
            let attribute = abbreviations.attributes[index]
            let value = try AttributeValue(
                attribute.form, constant: attribute.constant, &reader, header.encoding,
                unit: header.range.lowerBound)
            switch attribute.name {
            case AttributeName.callFile: callFile = value.number ?? 0
            case AttributeName.callLine: callLine = value.number ?? 0
            case AttributeName.callColumn: callColumn = value.number ?? 0
            default: place.note(attribute.name, value)
            }
        }
        let isInlined = declaration.tag == Tag.inlinedSubroutine
        let number = Int32(clamping: scopes.elements.count)
        let before = ranges.elements.count
        try undamaged { () throws(DebugInfoError) in
            try references.forEachRange(of: place) { (range) throws(DebugInfoError) in
                try ranges.append(ScopeRange(range: range, scope: number))
            }
        }
        guard ranges.elements.count > before else { return isInlined ? outer : nil }
        try scopes.append(
            ScopeTree.Scope(
                entry: entry, callFile: UInt32(clamping: callFile), callLine: UInt32(clamping: callLine),
                caller: isInlined ? outer : nil, callColumn: UInt16(clamping: callColumn)))
        return number
    }

    /// Entries within each other; compilers write some dozens.
    private static let depthLimit = 4096
}
