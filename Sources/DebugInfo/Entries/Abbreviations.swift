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

    let attributes: [Attribute]
    /// Codes count from 1 in what compilers write.
    private let declarations: [Declaration]
    private let others: [UInt64: Declaration]

    /// - Parameters:
    ///   - only: the code of the only declaration that is needed; `nil` for all.
    ///   - reservation: of the memory of all that is kept.
    init(
        at offset: UInt64, of section: DebugSection, _ encoding: UnitEncoding, only: UInt64? = nil,
        budget: DebugInfoBudget, _ reservation: MemoryReservation
    ) throws(DebugInfoError) {
        var pieces = try SectionPieces(section, at: offset)
        var attributes = ReservedArray<Attribute>(reservation)
        var declarations = ReservedArray<Declaration>(reservation)
        var others: [UInt64: Declaration] = [:]
        var code: UInt64
        repeat {
            code = try pieces.next { (reader) throws(DebugInfoError) in try reader.unsigned() }
            if code == 0 { break }
            let declaration = try Self.declaration(&pieces, encoding, budget, &attributes)
            if code == UInt64(declarations.elements.count) + 1 {
                try declarations.append(declaration)
            } else {
                try withinBudget { () throws(BudgetExhausted) in try reservation.grow(by: Self.otherSize) }
                others[code] = declaration
            }
        } while code != only
        self.attributes = attributes.elements
        self.declarations = declarations.elements
        self.others = others
    }

    /// What a declaration takes in a dictionary, at most, while that grows.
    private static let otherSize = 6 * MemoryLayout<Declaration>.stride

    private static func declaration(
        _ pieces: inout SectionPieces, _ encoding: UnitEncoding, _ budget: DebugInfoBudget,
        _ attributes: inout ReservedArray<Attribute>
    ) throws(DebugInfoError) -> Declaration {
        try budget.step()
        let (tag, hasChildren) = try pieces.next { (reader) throws(DebugInfoError) in
            (try reader.unsigned(), try reader.byte() != 0)
        }
        let first = attributes.elements.count
        var size: Int? = 0
        while let attribute = try pieces.next({ (reader) throws(DebugInfoError) in try Self.attribute(&reader) }) {
            try budget.step()
            try attributes.append(attribute)
            size = size.flatMap { size in attribute.form.size(encoding).map { size + $0 } }
        }
        let end = attributes.elements.count
        return Declaration(tag: tag, hasChildren: hasChildren, attributes: first..<end, size: size)
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
}
