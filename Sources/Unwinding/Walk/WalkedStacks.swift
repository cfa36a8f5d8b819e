internal import ProfileModel

/// The parts of stacks that a walk has left behind: none of their frames can be a caller again.
struct WalkedStacks {
    private var left: [Range<Address>] = []
    /// Where the part begins that the walk is in.
    private var start: Address

    init(from stackPointer: Address) { start = stackPointer }

    /// Goes from a frame on one stack to a return address on another; returns whether the walk was not there before.
    mutating func leave(at stackPointer: Address, for slot: Address) -> Bool {
        if start < stackPointer.advanced(by: 1) { left.append(start..<stackPointer.advanced(by: 1)) }
        start = slot
        return canReach(slot.advanced(by: 8))
    }

    /// Goes to where the code itself or the kernel goes on.
    mutating func goOn(at stackPointer: Address) { start = stackPointer }

    /// Whether a frame with this stack pointer is reached without passing what was walked before.
    func canReach(_ stackPointer: Address) -> Bool {
        left.isEmpty || start >= stackPointer || !left.contains { $0.overlaps(start..<stackPointer) }
    }
}
