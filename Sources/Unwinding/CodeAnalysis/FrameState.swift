internal import ProfileModel

/// A place in a frame from which others have a known distance.
enum FramePoint: Hashable {
    /// The frame's address (CFA): the stack pointer before the call that led to the function.
    case frameAddress
    /// What the instruction of that index made of the stack pointer by rounding it down.
    case aligned(by: Int)
    /// What it made of the stack pointer by lowering it by an amount that only the run knows.
    case lowered(by: Int)
}

/// What a register holds, as far as the code alone shows.
enum FrameValue: Equatable {
    case unknown
    case at(FramePoint, Int64)

    func advanced(by distance: Int64) -> FrameValue {
        guard case .at(let point, let offset) = self else { return .unknown }
        let (sum, isTooLarge) = offset.addingReportingOverflow(distance)
        return isTooLarge ? .unknown : .at(point, sum)
    }
}

/// What the general registers hold at one instruction.
struct FrameState: Equatable {
    private var values = InlineArray<17, FrameValue>(repeating: .unknown)

    /// As a function is entered: the return address has just been pushed.
    static var entry: FrameState {
        var state = FrameState()
        state[.stackPointer] = .at(.frameAddress, NativeRegisters.stackPointerAtEntry)
        return state
    }

    subscript(register: NativeRegisters.Name) -> FrameValue {
        get { values[register.rawValue] }
        set { values[register.rawValue] = newValue }
    }

    /// What holds both here and there.
    func merged(with other: FrameState) -> FrameState {
        var merged = self
        for index in values.indices where values[index] != other.values[index] { merged.values[index] = .unknown }
        return merged
    }

    static func == (left: Self, right: Self) -> Bool {
        left.values.indices.allSatisfy { left.values[$0] == right.values[$0] }
    }

    /// Executes one instruction, which has that index in its function; jumps and returns change nothing.
    mutating func execute(_ instruction: MachineInstruction, index: Int) {
        let stackPointer = self[.stackPointer]
        let before = self
        for name in NativeRegisters.Name.allCases where instruction.writes(name) { self[name] = .unknown }
        switch instruction.operation {
        case .push(_, let size): self[.stackPointer] = stackPointer.advanced(by: 0 &- size)
        // What is popped into the stack pointer itself is not known.
        case .pop(.stackPointer, _): break
        case .pop(_, let size): self[.stackPointer] = stackPointer.advanced(by: size)
        case .leave: self[.stackPointer] = before[.framePointer].advanced(by: 8)
        case .copy(let destination, let source): self[destination] = before[source]
        case .add(let destination, let source, let distance):
            self[destination] = before[source].advanced(by: distance)
        case .lower(.stackPointer): self[.stackPointer] = .at(.lowered(by: index), 0)
        case .align(.stackPointer, _):
            self[.stackPointer] = stackPointer == .unknown ? .unknown : .at(.aligned(by: index), 0)
        case .call:
            self[.stackPointer] = stackPointer
            for name in NativeRegisters.Name.clobberedByCalls { self[name] = .unknown }
        case .lower, .align, .compare, .jump, .conditionalJump, .systemCall, .padding, .breakpoint, .load, .store,
            .leaveFunction, .trap, .other:
            break
        }
    }
}
