internal import ObjectFiles

/// A line program, run step by step (DWARF 5, 6.2).
struct LineProgram {
    enum Step {
        case row(LineTable.Row)
        /// The address after the last row's code.
        case end(UInt64)
    }

    let files: FileTable
    private var reader: DwarfReader
    private let addressSize: Int
    private var setting = Setting()
    /// How many operands the standard opcodes have, by opcode less 1.
    private var operandCounts: [UInt8] = []
    private var state = State()

    private struct Setting {
        var minimumLength: UInt64 = 1
        var lineBase: Int64 = 0
        var lineRange: UInt8 = 1
        var opcodeBase: UInt8 = 1
    }

    private struct State {
        var address: UInt64 = 0
        var file: UInt64 = 1
        var line: Int64 = 1

        var row: LineTable.Row {
            LineTable.Row(address: address, file: UInt32(clamping: file), line: UInt32(clamping: line))
        }
    }

    private enum Opcode {
        static let copy: UInt8 = 1
        static let advanceAddress: UInt8 = 2
        static let advanceLine: UInt8 = 3
        static let setFile: UInt8 = 4
        static let constantAddress: UInt8 = 8
        static let fixedAdvance: UInt8 = 9
        static let endSequence: UInt8 = 1
        static let setAddress: UInt8 = 2
    }

    /// Reads the header at an offset.
    ///
    /// - Parameter reservation: of the memory of its files.
    init(
        at offset: UInt64, of section: DebugSection, addressSize: Int, budget: DebugInfoBudget,
        _ reservation: MemoryReservation
    ) throws(DebugInfoError) {
        var head = try section.reader(at: offset, wanting: 12)
        let (length, offsetSize) = try head.unitLength()
        reader = try section.reader(at: head.offset, count: length)
        let version = UInt16(try reader.number(size: 2))
        guard (2...5).contains(version) else { throw reader.unsupported(UInt64(version)) }
        if version >= 5 { try reader.skip(2) }
        let headerLength = try reader.number(size: offsetSize)
        let (start, isBeyond) = reader.offset.addingReportingOverflow(headerLength)
        guard !isBeyond else { throw reader.damage }
        setting.minimumLength = UInt64(try reader.byte())
        // The number of operations of an instruction, which is 1 on this machine, and whether rows are statements.
        try reader.skip(version >= 4 ? 2 : 1)
        setting.lineBase = Int64(Int8(bitPattern: try reader.byte()))
        setting.lineRange = try reader.byte()
        setting.opcodeBase = try reader.byte()
        for _ in 0..<max(1, setting.opcodeBase) - 1 { operandCounts.append(try reader.byte()) }
        let encoding = UnitEncoding(version: version, offsetSize: offsetSize, addressSize: addressSize)
        files = try FileTable(&reader, encoding, budget, reservation)
        try reader.move(to: start)
        self.addressSize = addressSize
    }

    /// The next row or end of a sequence; `nil` at the end of the program.
    mutating func next() throws(DebugInfoError) -> Step? {
        while reader.remaining > 0 {
            let opcode = try reader.byte()
            if opcode >= setting.opcodeBase { return .row(try special(opcode)) }
            if opcode == 0 {
                if let step = try extended() { return step }
            } else if let step = try standard(opcode) {
                return step
            }
        }
        return nil
    }

    private mutating func special(_ opcode: UInt8) throws(DebugInfoError) -> LineTable.Row {
        let operation = opcode - setting.opcodeBase
        guard setting.lineRange > 0 else { throw reader.damage }
        advance(UInt64(operation / setting.lineRange))
        state.line &+= setting.lineBase &+ Int64(operation % setting.lineRange)
        return state.row
    }

    private mutating func advance(_ operations: UInt64) { state.address &+= operations &* setting.minimumLength }

    private mutating func standard(_ opcode: UInt8) throws(DebugInfoError) -> Step? {
        switch opcode {
        case Opcode.copy: return .row(state.row)
        case Opcode.advanceAddress: advance(try reader.unsigned())
        case Opcode.advanceLine: state.line &+= try reader.signed()
        case Opcode.setFile: state.file = try reader.unsigned()
        case Opcode.constantAddress:
            guard setting.lineRange > 0 else { throw reader.damage }
            advance(UInt64((255 - setting.opcodeBase) / setting.lineRange))
        case Opcode.fixedAdvance: state.address &+= try reader.number(size: 2)
        default:
            for _ in 0..<operandCounts[Int(opcode) - 1] { _ = try reader.unsigned() }
        }
        return nil
    }

    private mutating func extended() throws(DebugInfoError) -> Step? {
        let length = try reader.unsigned()
        guard length > 0, length <= UInt64(reader.remaining) else { throw reader.damage }
        let end = reader.offset + length
        switch try reader.byte() {
        case Opcode.endSequence:
            let address = state.address
            state = State()
            try reader.move(to: end)
            return .end(address)
        case Opcode.setAddress: state.address = try reader.number(size: min(Int(length) - 1, 8))
        default: break
        }
        try reader.move(to: end)
        return nil
    }
}
