internal import ProfileModel

/// A frame description written anew in the one plain form that libunwind is given.
///
/// An object's own entries hold pointers of many encodings, some of which point into memory that is not copied
/// (C++ personality routines), and version numbers and encodings on which libunwind calls `abort()`. Here the
/// common information has absolute addresses and no personality; only the unwind instructions are the object's, and
/// those are checked.
struct SanitizedEntry {
    /// The common information, the description, and eight bytes of zero: libunwind reads four bytes of an ABI marker
    /// behind the entry of a signal frame.
    private(set) var bytes: [UInt8] = []
    /// Where the description begins in `bytes`.
    private(set) var descriptionOffset = 0
    /// Whether libunwind reads in the entry again when its rules are known already.
    private(set) var hasExpressions = false

    private init() {}

    /// - Parameter bias: what the loader added to the object's addresses.
    init(_ description: FrameDescription, bias: UInt64) throws(CallFrameError) {
        let common = description.common
        guard common.returnAddressColumn == UInt64(NativeRegisters.Name.rip.rawValue) else {
            throw .unsupportedReturnAddressColumn(common.returnAddressColumn)
        }
        let commonInstructions = try CallFrameInstructions(common.instructions)
        let instructions = try CallFrameInstructions(description.instructions)
        guard commonInstructions.definesFrameAddress || instructions.definesFrameAddress,
            !commonInstructions.remembersState
        else { throw .noFrameAddress }
        hasExpressions = commonInstructions.hasExpressions || instructions.hasExpressions
        appendCommonInformation(common, commonInstructions.bytes)
        descriptionOffset = bytes.count
        appendRecord(identifier: UInt32(descriptionOffset + 4)) { body in
            body.append(description.start.rawValue &+ bias)
            body.append(description.end.rawValue &- description.start.rawValue)
            body.bytes.append(0)
            body.bytes += instructions.bytes
        }
        append(0)
    }

    private mutating func append(_ word: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    private mutating func appendCommonInformation(_ common: CommonInformation, _ instructions: [UInt8]) {
        appendRecord(identifier: 0) { body in
            body.bytes.append(3)
            body.bytes += Array((common.isSignalFrame ? "zRS" : "zR").utf8) + [0]
            body.appendUnsignedLEB128(common.codeAlignment)
            body.appendSignedLEB128(common.dataAlignment)
            body.appendUnsignedLEB128(common.returnAddressColumn)
            body.bytes += [1, PointerEncoding.absolute.rawValue]
            body.bytes += instructions
        }
    }

    private mutating func appendRecord(identifier: UInt32, _ fill: (inout SanitizedEntry) -> Void) {
        var body = SanitizedEntry()
        fill(&body)
        let length = UInt32(body.bytes.count + 4)
        append(UInt64(identifier) << 32 | UInt64(length))
        bytes += body.bytes
    }

    private mutating func appendUnsignedLEB128(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func appendSignedLEB128(_ value: Int64) {
        var rest = value
        while rest > 0x3f || rest < -0x40 {
            bytes.append(UInt8(truncatingIfNeeded: rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest & 0x7f))
    }
}
