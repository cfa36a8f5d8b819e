internal import ObjectFiles
internal import ProfileModel

/// A frame on the way up a stack.
struct StackPosition {
    /// The registers as they were in this frame, as far as known.
    var registers: NativeRegisters
    var address: FrameAddress
    /// Where the instruction that the frame executes comes from.
    var location: CodeLocation
    var stackPointer: Address
    /// Whether the stack pointer is not merely somewhere above that: a callee may have removed arguments.
    var hasExactStackPointer = true
}

/// Goes up one stack, frame by frame.
struct StackWalk {
    /// Where a step led.
    enum Step {
        case moved
        case ended(StackEnding)
        /// Leaving the frame takes a register that is not known.
        case missing(NativeRegisters.Name)
    }

    let context: UnwindContext
    private let space: LibunwindSpace
    private(set) var position: StackPosition
    /// Whether the space's cursor stands at `position`.
    ///
    /// Its own registers are then newer than the position's.
    private var cursorIsCurrent = false

    init(context: UnwindContext, space: LibunwindSpace, from position: StackPosition) {
        self.context = context
        self.space = space
        self.position = position
    }

    /// Moves to the caller.
    mutating func step() -> Step {
        switch stepByCallFrameInformation() {
        case .moved: .moved
        case .ended(let ending): .ended(ending)
        case .missing(let register): .missing(register)
        case .noInformation: stepByCode()
        }
    }

    /// Moves to the caller by the registers that are known; returns how the stack ended when they don't lead to one.
    mutating func advance() -> StackEnding? {
        switch step() {
        case .moved: nil
        case .ended(let ending): ending
        case .missing: .truncated(.unknownRegister(at: position.address.value))
        }
    }

    /// The same walk with other registers at `position`.
    ///
    /// It shares the cursor: this walk has to be given its registers anew before its next step.
    func replacingRegisters(by registers: NativeRegisters) -> StackWalk {
        var walk = self
        walk.position.registers = registers
        walk.cursorIsCurrent = false
        return walk
    }

    /// The registers of the present frame, wherever they are kept.
    func registers() -> NativeRegisters {
        guard cursorIsCurrent else { return position.registers }
        let isInterrupted = if case .programCounter = position.address { true } else { false }
        return space.registers(all: isInterrupted)
    }

    private enum InformationStep {
        case moved
        case ended(StackEnding)
        case missing(NativeRegisters.Name)
        case noInformation
    }

    // MARK: - Call frame information

    private mutating func stepByCallFrameInformation() -> InformationStep {
        guard position.hasExactStackPointer || context.code.isUndescribed(position.address.instruction) else {
            return .ended(.truncated(.unknownRegister(at: position.address.value)))
        }
        if !cursorIsCurrent {
            var registers = position.registers
            registers.programCounter = position.address.instruction
            registers.stackPointer = position.stackPointer
            guard space.begin(at: registers) else { return .ended(truncatedByInformation()) }
        }
        let outcome = space.step(from: position.address.instruction)
        if let failure = space.takeFailure() { return result(of: failure) }
        switch outcome {
        case .failed: return .ended(truncatedByInformation())
        case .root: return .ended(.rootReached)
        case .moved(let frame): return move(to: frame)
        }
    }

    private func result(of failure: UnwindMemory.Failure) -> InformationStep {
        switch failure {
        case .noInformation: .noInformation
        case .badInformation: .ended(truncatedByInformation())
        case .parsingBudgetExhausted: .ended(.truncated(.parsingBudgetExhausted(position.address.value)))
        case .workLimit: .ended(.truncated(.workLimit(position.address.value)))
        case .unreadable(let address): .ended(.truncated(context.stack.reason(unreadable: address)))
        case .unknownRegister(let name): .missing(name)
        }
    }

    private func truncatedByInformation() -> StackEnding {
        .truncated(.unsupportedUnwindInformation(position.address.value))
    }

    private mutating func move(to frame: LibunwindSpace.Frame) -> InformationStep {
        let target = frame.programCounter
        let isSignal = frame.leftSignalFrame
        guard target.rawValue != 0 || isSignal else { return .ended(endingWithoutReturnAddress(frame)) }
        // A signal handler may run on a stack of its own, above or below the one that it interrupted. A function without
        // a frame may have its return address in a register (vfork(3)).
        guard isSignal || frame.stackPointer >= lowestCallerStackPointer else {
            return .ended(.truncated(.stackNotAscending(frame.stackPointer)))
        }
        let address: FrameAddress = isSignal ? .programCounter(target) : .returnAddress(target)
        let location = context.code.location(of: address.instruction)
        // A signal may have been raised by a call to where there is no code.
        if case .unmapped = location, !isSignal { return .ended(.truncated(.implausibleReturnAddress(target))) }
        position.address = address
        position.location = location
        position.stackPointer = frame.stackPointer
        position.hasExactStackPointer = true
        cursorIsCurrent = true
        return .moved
    }

    private var lowestCallerStackPointer: Address {
        switch position.address {
        case .programCounter: position.stackPointer
        case .returnAddress: position.stackPointer.advanced(by: 1)
        }
    }

    /// What a return address of zero means: the bottom of a fiber's stack, or that a frame is not as its information
    /// says, such as while Go runs on the scheduler's stack.
    private func endingWithoutReturnAddress(_ frame: LibunwindSpace.Frame) -> StackEnding {
        if context.isBottom(above: frame.stackPointer.lowered(by: 8)), !isGo { return .rootReached }
        return .truncated(.implausibleReturnAddress(Address(rawValue: 0)))
    }

    private var isGo: Bool {
        context.code.object(at: position.address.instruction)?.object.section(named: ".gopclntab") != nil
    }

    // MARK: - Code

    private mutating func stepByCode() -> Step {
        switch CodeStep(context: context, position: position, registers: registers()).outcome() {
        case .caller(let caller):
            position = caller
            cursorIsCurrent = false
            return .moved
        case .root: return .ended(.rootReached)
        case .missing(let register): return .missing(register)
        case .truncated(let reason): return .ended(.truncated(reason))
        }
    }
}
