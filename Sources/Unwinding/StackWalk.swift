internal import ObjectFiles
internal import ProfileModel

/// A frame on the way up a stack.
struct StackPosition {
    /// The registers as they were in this frame, as far as known.
    var registers: NativeRegisters
    var address: FrameAddress
    /// Where the instruction that the frame executes comes from.
    var location: CodeLocation
    var stackPointer: UInt64
}

/// Goes up one stack, frame by frame.
struct StackWalk {
    let memory: UnwindMemory
    private let space: LibunwindSpace
    private(set) var position: StackPosition
    /// Whether the space's cursor stands at `position`.
    ///
    /// Its own registers are then newer than the position's.
    private var cursorIsCurrent = false
    /// Whether registers that are not known may be searched for.
    private var isTrial = false

    init(
        memory: UnwindMemory, space: LibunwindSpace, position: StackPosition
    ) {
        self.memory = memory
        self.space = space
        self.position = position
    }

    /// Moves to the caller; returns how the stack ended when there is none.
    mutating func step() -> StackEnding? {
        switch stepByCallFrameInformation() {
        case .moved: return nil
        case .ended(let ending): return ending
        case .noInformation: return stepByFramePointer()
        case .missing(let register): return recover(register)
        }
    }

    /// A walk of its own that goes on from `position` with other registers, and searches for none.
    ///
    /// It shares the cursor: this walk has to be given its registers anew before its next step.
    func trial(with registers: NativeRegisters) -> StackWalk {
        var trial = self
        trial.position.registers = registers
        trial.cursorIsCurrent = false
        trial.isTrial = true
        return trial
    }

    /// Goes on with registers that a trial has shown to be right.
    private mutating func step(with registers: NativeRegisters) -> StackEnding? {
        position.registers = registers
        cursorIsCurrent = false
        return step()
    }

    private mutating func recover(_ register: NativeRegisters.Name) -> StackEnding? {
        let recovery = isTrial ? nil : RegisterRecovery(of: self, registers: currentRegisters())
        guard let registers = recovery?.registers(including: register) else {
            return .truncated(.unknownRegister(at: position.address.value))
        }
        isTrial = true
        defer { isTrial = false }
        return step(with: registers)
    }

    private enum StepResult {
        case moved
        case ended(StackEnding)
        case noInformation
        case missing(NativeRegisters.Name)
    }

    // MARK: - Call frame information

    private mutating func stepByCallFrameInformation() -> StepResult {
        if !cursorIsCurrent {
            var registers = position.registers
            registers[.rip] = position.address.instruction.rawValue
            registers[.rsp] = position.stackPointer
            memory.registers = registers
            guard space.begin() else { return .ended(truncatedByInformation()) }
        }
        let outcome = space.step(from: position.address.instruction)
        if let failure = memory.takeFailure() { return result(of: failure) }
        switch outcome {
        case .failed: return .ended(truncatedByInformation())
        case .root: return .ended(.rootReached)
        case .moved(let frame): return move(to: frame)
        }
    }

    private func result(of failure: UnwindMemory.Failure) -> StepResult {
        switch failure {
        case .noInformation: .noInformation
        case .badInformation: .ended(truncatedByInformation())
        case .unreadable(let address): .ended(.truncated(memory.unreadable(address)))
        case .unknownRegister(let name): .missing(name)
        }
    }

    private func truncatedByInformation() -> StackEnding {
        .truncated(.unsupportedUnwindInformation(position.address.value))
    }

    private mutating func move(to frame: LibunwindSpace.Frame) -> StepResult {
        guard frame.instructionPointer != 0 else { return .ended(endingWithoutReturnAddress()) }
        let target = Address(rawValue: frame.instructionPointer)
        let isSignal = frame.leftSignalFrame
        // A signal handler may run on a stack of its own, above or below the one that it interrupted. A function without
        // a frame may have its return address in a register (vfork(3)).
        guard isSignal || frame.stackPointer >= lowestCallerStackPointer else {
            return .ended(.truncated(.stackNotAscending(Address(rawValue: frame.stackPointer))))
        }
        let address: FrameAddress = isSignal ? .programCounter(target) : .returnAddress(target)
        let location = memory.addressSpace.location(of: address.instruction)
        if case .unmapped = location { return .ended(.truncated(.implausibleReturnAddress(target))) }
        position.address = address
        position.location = location
        position.stackPointer = frame.stackPointer
        cursorIsCurrent = true
        return .moved
    }

    private var lowestCallerStackPointer: UInt64 {
        switch position.address {
        case .programCounter: position.stackPointer
        case .returnAddress: position.stackPointer &+ 1
        }
    }

    /// What a return address of zero means.
    ///
    /// It ends the stack of a goroutine, below `runtime.goexit`, which nobody called: it begins at the very instruction
    /// that would have made the call. Elsewhere it is a sign of a frame that is not as its information says, such as
    /// while Go runs on the scheduler's stack.
    private func endingWithoutReturnAddress() -> StackEnding {
        let instruction = position.address.instruction
        if case .returnAddress = position.address, memory.functionStart(covering: instruction) == instruction {
            return .rootReached
        }
        return .truncated(.implausibleReturnAddress(Address(rawValue: 0)))
    }

    // MARK: - Other ways

    /// The registers of the present frame, wherever they are kept.
    private func currentRegisters() -> NativeRegisters {
        guard cursorIsCurrent else { return position.registers }
        let isInterrupted = if case .programCounter = position.address { true } else { false }
        return space.registers(all: isInterrupted)
    }

    private mutating func stepByFramePointer() -> StackEnding? {
        let step = FramePointerStep(memory: memory)
        var registers = currentRegisters()
        if registers[.rbp] == nil,
            case .exactly(let distance)? = memory.layout(at: position.address)?.distance(to: .rbp)
        {
            registers[.rbp] = position.stackPointer &+ distance
        }
        switch step.caller(of: position, registers: registers) {
        case .success(let caller):
            guard let caller else { return .rootReached }
            position = caller
            cursorIsCurrent = false
            return nil
        case .failure(let truncation): return .truncated(truncation.reason)
        }
    }
}
