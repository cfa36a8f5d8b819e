internal import ObjectFiles
internal import ProfileModel

/// The code of one function, or of a part of one that the compiler put elsewhere.
struct FunctionExtent {
    let range: Range<Address>
    /// Whether calls lead to its first instruction: the stack pointer points to the return address there.
    let beginsWithCall: Bool

    private init?(start: UInt64, end: UInt64, beginsWithCall: Bool) {
        guard start < end else { return nil }
        range = Address(rawValue: start)..<Address(rawValue: end)
        self.beginsWithCall = beginsWithCall
    }

    init?(_ description: FrameDescription, bias: UInt64) {
        self.init(
            start: description.start.rawValue &+ bias, end: description.end.rawValue &+ bias,
            beginsWithCall: description.beginsWithCall)
    }

    init?(_ symbol: Symbol, bias: UInt64) {
        let start = symbol.address.rawValue &+ bias
        self.init(start: start, end: start &+ max(symbol.size, 1), beginsWithCall: true)
    }
}

extension FrameDescription {
    private static let definitionsOfFrameAddress: [UInt8] = [0x0c, 0x0d, 0x0e, 0x0f, 0x12, 0x13]

    /// Whether the frame's address is `rsp + 8` at the first instruction, as after a call.
    ///
    /// Compilers write that rule first into the common information, and leave it alone until code has been passed.
    fileprivate var beginsWithCall: Bool {
        guard common.instructions.starts(with: [0x0c, 7, 8]) else { return false }
        guard let first = instructions.first else { return true }
        return !Self.definitionsOfFrameAddress.contains(first)
    }
}
