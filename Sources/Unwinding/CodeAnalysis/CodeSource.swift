internal import ObjectFiles
internal import ProfileModel

/// The code of one process, as far as it can be read.
protocol CodeSource: AnyObject {
    /// Up to `count` bytes of code at `address`: fewer where the executable mapping ends, none outside of one.
    func bytes(at address: Address, count: Int) -> [UInt8]

    /// The executable mapping that holds `address`.
    func executableRange(containing address: Address) -> Range<Address>?

    /// The function that covers `address`, by call frame information, else by symbols.
    func function(covering address: Address) -> FunctionExtent?
}

/// The code of one function, or of a part of one that the compiler put elsewhere.
struct FunctionExtent {
    let range: Range<Address>
    /// Whether calls lead to its first instruction: the stack pointer points to the return address there.
    let beginsWithCall: Bool

    init?(start: UInt64, end: UInt64, beginsWithCall: Bool) {
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
