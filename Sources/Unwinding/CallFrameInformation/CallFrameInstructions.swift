internal import ProfileModel

/// The call frame instructions of one entry, checked, as they are passed on to libunwind (DWARF 5, section 6.4.2).
///
/// libunwind trusts what it reads: a register of a large number makes it read outside of its tables, and instructions
/// that it doesn't know are skipped without their operands. What it can't take is refused here. Rules for registers
/// that it doesn't follow (vector registers) are left out.
struct CallFrameInstructions {
    private(set) var bytes: [UInt8] = []
    /// Expressions are read again, from the same place, whenever a frame is left by a row that has one.
    private(set) var hasExpressions = false
    /// Whether the very first row has a rule for the frame's address.
    private(set) var definesFrameAddress = false
    private var isInFirstRow = true
    private(set) var remembersState = false
    private var statesRemembered = 0

    private static let framePointer = NativeRegisters.Name.framePointer.rawValue
    /// Compilers nest them once or twice; libunwind allocates for each.
    private static let rememberLimit = 64
    /// The place of a frame pointer that is lost: not a canonical address, so nothing can be read from it.
    static let lostFramePointer: UInt64 = 0xffd0_0000_0000_0000
    /// `DW_OP_const8u lostFramePointer`.
    private static let lostLocation: [UInt8] = [0x0e, 0, 0, 0, 0, 0, 0, 0xd0, 0xff]

    /// Throws when an instruction is unknown or unsafe, runs over the end, or is `DW_CFA_set_loc`, whose operand depends
    /// on the encoding that the entry had in its object.
    init(_ instructions: [UInt8]) throws(CallFrameError) {
        var reader = ByteReader(instructions)
        bytes.reserveCapacity(instructions.count)
        while !reader.isAtEnd {
            let start = reader.offset
            let instruction = try Instruction(&reader)
            if try isKept(instruction) { bytes += instructions[start..<reader.offset] }
        }
    }

    private mutating func isKept(_ instruction: Instruction) throws(CallFrameError) -> Bool {
        let opcode = instruction.opcode
        switch opcode {
        case 0x0a: try rememberState()
        case 0x0b: try restoreState()
        case 0x0c, 0x0f, 0x12: definesFrameAddress = definesFrameAddress || isInFirstRow
        case 0x40, 0x02...0x04: isInFirstRow = false
        default: break
        }
        hasExpressions = hasExpressions || instruction.hasExpression
        guard instruction.namesOnlyKnownRegisters else {
            // The frame address, or a register's new place, can't be left out.
            guard ![0x09, 0x0c, 0x0d, 0x12].contains(opcode) else { throw .unsupportedInstruction(opcode) }
            return false
        }
        guard opcode == 0x07, instruction.registers.first == UInt64(Self.framePointer) else { return true }
        appendLostFramePointer()
        return false
    }

    /// Says that the caller's frame pointer can't be read.
    ///
    /// libunwind takes an undefined frame pointer for the end of the stack, which it isn't.
    private mutating func appendLostFramePointer() {
        bytes += [0x10, UInt8(Self.framePointer), UInt8(Self.lostLocation.count)] + Self.lostLocation
        hasExpressions = true
    }

    private mutating func rememberState() throws(CallFrameError) {
        remembersState = true
        isInFirstRow = false
        statesRemembered += 1
        guard statesRemembered <= Self.rememberLimit else { throw .unsupportedInstruction(0x0a) }
    }

    private mutating func restoreState() throws(CallFrameError) {
        statesRemembered -= 1
        guard statesRemembered >= 0 else { throw .unsupportedInstruction(0x0b) }
    }
}

/// One call frame instruction, as far as its form goes.
private struct Instruction {
    let opcode: UInt8
    private(set) var registers: [UInt64] = []
    private(set) var hasExpression = false

    private enum Operand {
        case bytes(Int)
        case register
        case leb128
        case expression
    }

    var namesOnlyKnownRegisters: Bool { registers.allSatisfy { $0 < NativeRegisters.callFrameRegisterCount } }

    init(_ reader: inout ByteReader) throws(CallFrameError) {
        let byte = try reader.readUInt8()
        // advance_loc, offset and restore have an operand in their low bits.
        opcode = byte & 0xc0 == 0 ? byte : byte & 0xc0
        if opcode == 0x80 || opcode == 0xc0 { registers.append(UInt64(byte & 0x3f)) }
        for operand in try Self.operands(of: opcode) { try read(operand, &reader) }
    }

    private mutating func read(_ operand: Operand, _ reader: inout ByteReader) throws(CallFrameError) {
        switch operand {
        case .bytes(let count): try reader.skip(UInt64(count))
        case .register: registers.append(try reader.readUnsignedLEB128())
        case .leb128: _ = try reader.readSignedLEB128()
        case .expression:
            let length = try reader.readUnsignedLEB128()
            try CallFrameExpression.check(&reader, length: length)
            hasExpression = true
        }
    }

    private static func operands(of opcode: UInt8) throws(CallFrameError) -> [Operand] {
        switch opcode {
        case 0x40, 0xc0, 0x00, 0x0a, 0x0b: []  // advance_loc, restore, nop, remember_state, restore_state
        case 0x80: [.leb128]  // offset
        case 0x02: [.bytes(1)]  // advance_loc1
        case 0x03: [.bytes(2)]  // advance_loc2
        case 0x04: [.bytes(4)]  // advance_loc4
        case 0x06, 0x07, 0x08, 0x0d: [.register]  // restore_extended, undefined, same_value, def_cfa_register
        case 0x0e, 0x13, 0x2e: [.leb128]  // def_cfa_offset, def_cfa_offset_sf, GNU_args_size
        case 0x09: [.register, .register]  // register
        case 0x05, 0x0c, 0x11, 0x12, 0x2f: [.register, .leb128]  // offset_extended, def_cfa, their _sf, GNU_negative_…
        case 0x0f: [.expression]  // def_cfa_expression
        case 0x10, 0x16: [.register, .expression]  // expression, val_expression
        default: throw .unsupportedInstruction(opcode)
        }
    }
}

/// The DWARF expressions of call frame instructions (DWARF 5, section 2.5).
enum CallFrameExpression {
    /// Throws when libunwind should not evaluate the expression.
    ///
    /// That is when an operation is unknown to it, runs over the expression's end, jumps (so that it could loop) or
    /// divides (the quotient of the smallest number and -1 raises SIGFPE). Compilers and linkers write none of these.
    static func check(_ reader: inout ByteReader, length: UInt64) throws(CallFrameError) {
        let start = reader.offset
        let rest = reader
        try reader.skip(length)
        var part = ByteReader(rest.remainder, to: reader.offset - start)
        while !part.isAtEnd { try checkOperation(&part) }
    }

    private static func checkOperation(_ reader: inout ByteReader) throws(CallFrameError) {
        let operation = try reader.readUInt8()
        switch operation {
        case 0x06, 0x12...0x14, 0x16, 0x17: break  // deref, dup, drop, over, swap, rot
        case 0x19, 0x1a, 0x1c, 0x1e...0x22: break  // abs, and, minus, mul, neg, not, or, plus
        case 0x24...0x27, 0x29...0x2e: break  // shl, shr, shra, xor, eq, ge, gt, le, lt, ne
        case 0x30...0x4f, 0x50...0x60, 0x96: break  // lit, reg, nop
        case 0x08, 0x09, 0x15: try reader.skip(1)  // const1u, const1s, pick
        case 0x0a, 0x0b: try reader.skip(2)  // const2u, const2s
        case 0x0c, 0x0d: try reader.skip(4)  // const4u, const4s
        case 0x03, 0x0e, 0x0f: try reader.skip(8)  // addr, const8u, const8s
        case 0x10, 0x23: _ = try reader.readUnsignedLEB128()  // constu, plus_uconst
        case 0x11, 0x70...0x80: _ = try reader.readSignedLEB128()  // consts, breg
        case 0x94: try checkSize(try reader.readUInt8())  // deref_size
        default: throw .unsupportedOperation(operation)
        }
    }

    /// libunwind masks the wrong bits of other sizes.
    private static func checkSize(_ size: UInt8) throws(CallFrameError) {
        guard [1, 2, 4, 8].contains(size) else { throw .unsupportedOperation(0x94) }
    }
}
