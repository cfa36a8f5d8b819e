extension [UInt8] {
    /// Appends a number of seven bits a byte, the least significant first (DWARF 5, section 7.6; protocol buffers' varints).
    package mutating func appendUnsignedLEB128(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}
