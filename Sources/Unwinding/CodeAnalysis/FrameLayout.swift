internal import ProfileModel

/// Where the registers of one frame point, seen from its stack pointer, at one instruction.
struct FrameLayout {
    /// How far above the stack pointer a register points.
    enum Distance: Equatable {
        case exactly(UInt64)
        /// Somewhere in that range: the stack pointer was rounded down by an amount that only the run knows.
        case within(ClosedRange<UInt64>)
        /// The stack pointer was lowered by an amount that the code doesn't show.
        case somewhere
    }

    /// How a rounded stack pointer came about.
    struct Alignment: Equatable {
        let rounded: FrameValue
        let multiple: Int64
    }

    /// Larger frames than this occur in no real program.
    private static let largestFrame: Int64 = 1 << 31
    private static let largestAlignment: Int64 = 1 << 16

    let state: FrameState
    let alignments: [Int: Alignment]

    /// From the stack pointer to what `register` points to; `nil` when it doesn't point into the frame.
    func distance(to register: NativeRegisters.Name) -> Distance? {
        guard case .at(let point, let offset) = state[register] else { return nil }
        return distance(to: point, offset: offset)
    }

    /// From the stack pointer to the frame's address (CFA).
    var distanceToFrameAddress: Distance? { distance(to: .frameAddress, offset: 0) }

    /// Whether `register` points to the caller's frame pointer, with the return address above it.
    func isFramePointer(_ register: NativeRegisters.Name) -> Bool {
        state[register] == .at(.frameAddress, NativeRegisters.savedFramePointer)
    }

    private func distance(to point: FramePoint, offset: Int64) -> Distance? {
        guard case .at(let stackPoint, let stackOffset) = state[.stackPointer] else { return .somewhere }
        if stackPoint == point { return Self.exactly(offset, stackOffset) }
        guard case .aligned(let index) = stackPoint, let alignment = alignments[index],
            (1...Self.largestAlignment).contains(alignment.multiple),
            case .at(point, let roundedOffset) = alignment.rounded
        else { return .somewhere }
        // Before it was rounded down by 0 to multiple - 1 bytes, the stack pointer was at roundedOffset.
        let (nearest, isTooLarge) = offset.subtractingReportingOverflow(roundedOffset)
        guard !isTooLarge, case .exactly(let distance)? = Self.exactly(nearest, stackOffset) else { return nil }
        return .within(distance...distance + UInt64(alignment.multiple - 1))
    }

    private static func exactly(_ offset: Int64, _ stackOffset: Int64) -> Distance? {
        let (distance, isTooLarge) = offset.subtractingReportingOverflow(stackOffset)
        guard !isTooLarge, (0..<largestFrame).contains(distance) else { return nil }
        return .exactly(UInt64(distance))
    }
}
