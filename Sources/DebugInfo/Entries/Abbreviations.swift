internal import ObjectFiles

/// The abbreviations of a unit: what its entries consist of (DWARF 5, 7.5.3).
struct Abbreviations {
    /// What the entries of one code are.
    struct Declaration {
        let tag: UInt64
        let hasChildren: Bool
        /// In `attributes`.
        let attributes: Range<Int>
        /// The bytes of all values; `nil` where their sizes are in the values.
        let size: Int?

        var isFunction: Bool { tag == Tag.subprogram || tag == Tag.inlinedSubroutine }
    }

    struct Attribute {
        let name: UInt16
        let form: Form
        /// Of `DW_FORM_implicit_const`.
        let constant: Int64
    }

    private(set) var attributes: [Attribute] = []
    /// Codes count from 1 in what compilers write.
    private var declarations: [Declaration] = []
    private var others: [UInt64: Declaration] = [:]

    /// - Parameter only: the code of the only declaration that is needed; `nil` for all.
    init(
        at offset: UInt64, of section: DebugSection, _ encoding: UnitEncoding, only: UInt64? = nil,
        budget: ParsingBudget
    ) throws(DebugInfoError) {
        var pieces = SectionPieces(section, at: offset)
        while true {
            let code = try pieces.next { (reader) throws(DebugInfoError) in try reader.unsigned() }
            if code == 0 { return }
            let declaration = try declaration(&pieces, encoding, budget)
            if code == UInt64(declarations.count) + 1 {
                declarations.append(declaration)
            } else {
                others[code] = declaration
            }
            if code == only { return }
        }
    }

    private mutating func declaration(
        _ pieces: inout SectionPieces, _ encoding: UnitEncoding, _ budget: ParsingBudget
    ) throws(DebugInfoError) -> Declaration {
        let (tag, hasChildren) = try pieces.next { (reader) throws(DebugInfoError) in
            (try reader.unsigned(), try reader.byte() != 0)
        }
        let first = attributes.count
        var size: Int? = 0
        while let attribute = try pieces.next({ (reader) throws(DebugInfoError) in try Self.attribute(&reader) }) {
            attributes.append(attribute)
            size = size.flatMap { size in attribute.form.size(encoding).map { size + $0 } }
        }
        let count = attributes.count - first
        try withinBudget { () throws(BudgetExhausted) in try budget.spend(count + 1, .entries) }
        return Declaration(tag: tag, hasChildren: hasChildren, attributes: first..<attributes.count, size: size)
    }

    private static func attribute(_ reader: inout DwarfReader) throws(DebugInfoError) -> Attribute? {
        let (name, number) = (try reader.unsigned(), try reader.unsigned())
        if name == 0, number == 0 { return nil }
        guard let form = UInt16(exactly: number).flatMap(Form.init) else { throw reader.unsupported(number) }
        let constant = form == .implicitConstant ? try reader.signed() : 0
        // A name beyond the standard's own is none that is looked for.
        return Attribute(name: UInt16(exactly: name) ?? .max, form: form, constant: constant)
    }

    /// What entries of a code are; `nil` where the table doesn't say.
    subscript(code: UInt64) -> Declaration? {
        if code > 0, code <= UInt64(declarations.count) { return declarations[Int(code - 1)] }
        return others[code]
    }

    /// Bytes that are kept.
    var memorySize: Int {
        attributes.count * MemoryLayout<Attribute>.stride
            + (declarations.count + 2 * others.count) * MemoryLayout<Declaration>.stride
    }
}
