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
