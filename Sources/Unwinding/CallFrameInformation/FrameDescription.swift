internal import ProfileModel

/// How to unwind one range of code: a frame description entry joined with its common information entry.
///
/// Source: DWARF 5, section 6.4.1, and the Linux Standard Base, "Exception Frames".
struct FrameDescription: Equatable {
    let start: FileAddress
    let end: FileAddress
    let common: CommonInformation
    let instructions: [UInt8]

    func contains(_ address: FileAddress) -> Bool { start <= address && address < end }

    private static let definitionsOfFrameAddress: [UInt8] = [0x0c, 0x0d, 0x0e, 0x0f, 0x12, 0x13]

    /// Whether the frame's address is at the first instruction what it is after a call.
    ///
    /// Compilers write that rule first into the common information, and leave it alone until code has been passed; Go's
    /// repeats it.
    var beginsWithCall: Bool {
        guard common.instructions.starts(with: NativeRegisters.frameAddressAfterCall) else { return false }
        let rest = instructions.dropFirst(repeatsFrameAddress ? 2 : 0)
        guard let first = rest.first else { return true }
        return !Self.definitionsOfFrameAddress.contains(first)
    }

    /// Whether it begins with `DW_CFA_def_cfa_offset_sf` for the offset that the common information has; the operand has seven
    /// bits, and a sign.
    private var repeatsFrameAddress: Bool {
        guard instructions.count >= 2, instructions[0] == 0x13, instructions[1] < 0x80 else { return false }
        let factored = Int64(Int8(bitPattern: instructions[1] << 1) >> 1)
        return factored.multipliedReportingOverflow(by: common.dataAlignment).partialValue == 8
    }
}

/// What the frame descriptions of one compilation unit share.
struct CommonInformation: Equatable {
    let codeAlignment: UInt64
    let dataAlignment: Int64
    let returnAddressColumn: UInt64
    let isSignalFrame: Bool
    let pointerEncoding: PointerEncoding
    /// Whether each frame description carries a sized augmentation, to be skipped.
    let hasAugmentationData: Bool
    let instructions: [UInt8]
}

/// How an address is written in exception frames (`DW_EH_PE_…`; Linux Standard Base, "DWARF Exception Header Encoding").
struct PointerEncoding: Equatable {
    let rawValue: UInt8

    static let absolute = PointerEncoding(rawValue: 0x00)
    static let pcRelativeSigned4 = PointerEncoding(rawValue: 0x1b)
    static let dataRelativeSigned4 = PointerEncoding(rawValue: 0x3b)
    static let unsigned4 = PointerEncoding(rawValue: 0x03)

    private var isPCRelative: Bool { rawValue & 0xf0 == 0x10 }

    /// An address at `position`, the file address of the reader's next byte.
    func readAddress(_ reader: inout ByteReader, position: UInt64) throws(CallFrameError) -> FileAddress {
        guard rawValue & 0xf0 == 0x00 || isPCRelative else { throw .unsupportedPointerEncoding(rawValue) }
        let value = try readValue(&reader)
        return FileAddress(rawValue: isPCRelative ? value &+ position : value)
    }

    /// A length: the same size and sign as an address, relative to nothing.
    func readValue(_ reader: inout ByteReader) throws(CallFrameError) -> UInt64 {
        switch rawValue & 0x0f {
        case 0x00, 0x04: try reader.readUnsigned(size: 8)
        case 0x01: try reader.readUnsignedLEB128()
        case 0x02: try reader.readUnsigned(size: 2)
        case 0x03: try reader.readUnsigned(size: 4)
        case 0x09: UInt64(bitPattern: try reader.readSignedLEB128())
        case 0x0a: try reader.readSigned(size: 2)
        case 0x0b: try reader.readSigned(size: 4)
        case 0x0c: try reader.readSigned(size: 8)
        default: throw .unsupportedPointerEncoding(rawValue)
        }
    }
}
