internal import ObjectFiles
internal import ProfileModel

/// The code of one process, as far as it can be read.
protocol CodeSource: AnyObject {
    /// Up to `count` bytes of code at `address`: fewer where the executable mapping ends, none outside of one.
    func bytes(at address: Address, count: Int) -> [UInt8]

    /// The executable mapping that holds `address`.
    func executableRange(containing address: Address) -> Range<Address>?

    /// Whether the code at `address` is a file's, which doesn't change while it is mapped.
    func isStable(at address: Address) -> Bool

    /// The function that covers `address`, by call frame information, else by symbols, else by what other code calls.
    func function(covering address: Address) -> FunctionExtent?
}

/// The code of one function, or of a part of one that the compiler put elsewhere.
struct FunctionExtent {
    let range: Range<Address>
    /// Whether calls lead to its first instruction: the stack pointer points to the return address there.
    let beginsWithCall: Bool
    /// Whether call frame information covers it.
    let isDescribed: Bool

    init?(start: UInt64, end: UInt64, beginsWithCall: Bool, isDescribed: Bool = false) {
        guard start < end else { return nil }
        range = Address(rawValue: start)..<Address(rawValue: end)
        self.beginsWithCall = beginsWithCall
        self.isDescribed = isDescribed
    }

    init?(_ description: FrameDescription, bias: UInt64) {
        self.init(
            start: description.start.rawValue &+ bias, end: description.end.rawValue &+ bias,
            beginsWithCall: description.beginsWithCall, isDescribed: true)
    }

    init?(_ symbol: Symbol, bias: UInt64) {
        let start = symbol.address.rawValue &+ bias
        self.init(start: start, end: start &+ max(symbol.size, 1), beginsWithCall: true)
    }
}

extension CodeSource {
    /// Whether a function with call frame information begins at `address`, and is entered by calls.
    func beginsDescribedFunction(at address: Address) -> Bool {
        guard let extent = function(covering: address) else { return false }
        return extent.isDescribed && extent.beginsWithCall && extent.range.lowerBound == address
    }
}
