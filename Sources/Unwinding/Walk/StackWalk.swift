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

    /// Whether the frame was found by a return address.
    var isCaller: Bool { if case .returnAddress = address { true } else { false } }
}

/// Goes up one stack, frame by frame.
struct StackWalk {
    /// What a frame turns out to be when it is left.
    enum LeftFrame {
        case function
        /// What a signal handler returns to.
        case signalReturn
        /// A return address that nothing returns to.
        case placeholder
        /// The function with which its stack begins, returned to at its very start.
        case entry
    }

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
    /// The other copies that the walk came to.
    private(set) var switches = StackSwitches()
    /// What was walked of its stacks.
    private var walked: WalkedStacks
    /// What the last step, also when it failed, was made from.
    private(set) var leftFrame = LeftFrame.function

    init(context: UnwindContext, space: LibunwindSpace, from position: StackPosition) {
        self.context = context
        self.space = space
        self.position = position
        walked = WalkedStacks(from: position.stackPointer)
    }

    /// The start of a function that the frame returns to, and that follows no call.
    var startReturnedTo: Address? {
        guard case .returnAddress(let target) = position.address, context.calls.call(before: target) == nil,
            context.code.functionStart(covering: target) == target
        else { return nil }
        return target
    }

    /// Moves to the caller.
    mutating func step() -> Step {
        leftFrame = .function
        if case .programCounter(let pc) = position.address, isInSignalReturn(pc) {
            return leave(by: .signal)
        }
        if case .programCounter(let pc) = position.address, VforkCode.isWaiting(at: pc, in: context.code) {
            return leave(by: .returnAddress(in: VforkCode.returnAddress))
        }
        return finish(stepByCallFrameInformation())
    }

    private func isInSignalReturn(_ pc: Address) -> Bool {
        SignalReturn.isNear(pc, in: context.code)
            && SignalReturn.contains(pc, accumulator: registers()[.rax], in: context.code)
    }

    private mutating func finish(_ step: InformationStep) -> Step {
        switch step {
        case .moved: .moved
        case .ended(let ending): .ended(ending)
        case .missing(let register): .missing(register)
        case .atSwitch(let stackSwitch): leave(by: stackSwitch)
        case .noInformation: stepByCode()
        case .lacksFramePointer(let frame): stepByCode(orTo: frame)
        }
    }

    private mutating func stepByCode(orTo frame: LibunwindSpace.Frame) -> Step {
        if case .moved = stepByCode() { return .moved }
        return finish(move(to: frame))
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
        case atSwitch(StackSwitch)
        case noInformation
        /// The way to the caller is known, and not its frame pointer.
        case lacksFramePointer(LibunwindSpace.Frame)
    }

    // MARK: - Call frame information

    private mutating func stepByCallFrameInformation(ignoringLandmarks: Bool = false) -> InformationStep {
        guard position.hasExactStackPointer || context.code.isUndescribed(position.address.instruction) else {
            return .ended(.truncated(.unknownRegister(at: position.address.value)))
        }
        if !cursorIsCurrent {
            var registers = position.registers
            registers.programCounter = position.address.instruction
            registers.stackPointer = position.stackPointer
            guard space.begin(at: registers) else { return .ended(truncatedByInformation()) }
        }
        if case .programCounter(let pc) = position.address, !ignoringLandmarks,
            context.code.goSetsStackPointer(at: pc)
        {
            return GoStacks.stackSwitch(interruptedAt: pc, in: context).map(InformationStep.atSwitch) ?? .noInformation
        }
        // What other frames' copies there are decides whether the frame's own registers matter behind the step.
        let left = context.stack.hasOtherStacks ? registers() : nil
        let outcome = space.step(from: position.address, ignoringLandmarks: ignoringLandmarks)
        if let failure = space.takeFailure() { return result(of: failure) }
        switch outcome {
        case .failed: return .ended(truncatedByInformation())
        case .root: return .ended(.rootReached)
        case .atEntry:
            leftFrame = .entry
            return .ended(.rootReached)
        case .atSwitch(let stackSwitch): return .atSwitch(stackSwitch)
        case .moved(let frame):
            return hasTakenBackFramePointer ? .lacksFramePointer(frame) : move(to: frame, from: left)
        }
    }

    /// Whether the frame pointer is taken from below the stack pointer, where a copy that begins there lacks it.
    ///
    /// The interrupted function has taken it back already, which only its code shows.
    private var hasTakenBackFramePointer: Bool {
        guard !position.isCaller, !cursorIsCurrent, case .memory(let place)? = space.origin(of: .framePointer) else {
            return false
        }
        return place < position.stackPointer && context.stack.word(at: place) == nil
    }

    private mutating func result(of failure: UnwindMemory.Failure) -> InformationStep {
        switch failure {
        case .noInformation: return .noInformation
        case .badInformation: return .ended(truncatedByInformation())
        case .parsingBudgetExhausted: return .ended(.truncated(.parsingBudgetExhausted(position.address.value)))
        case .workLimit: return .ended(.truncated(.workLimit(position.address.value)))
        case .unreadable(let address):
            if noteSwitch(to: address) { return .ended(.truncated(.otherStackNotCopied(address))) }
            return .ended(.truncated(reason(unreadable: address)))
        case .unknownRegister(let name): return .missing(name)
        }
    }

    /// Why a word can't be read that the frame needs.
    private func reason(unreadable address: Address) -> TruncationReason {
        guard !switches.isEmpty, context.stack.window(at: position.stackPointer) == nil else {
            return context.stack.reason(unreadable: address, at: position.stackPointer)
        }
        return .otherStackNotCopied(address)
    }

    private func truncatedByInformation() -> StackEnding {
        .truncated(.unsupportedUnwindInformation(position.address.value))
    }

    /// - Parameter left: the registers of the frame that is left; `nil` where no other stack was copied.
    private mutating func move(
        to frame: LibunwindSpace.Frame, from left: NativeRegisters? = nil
    ) -> InformationStep {
        let target = frame.programCounter
        let isSignal = frame.leftSignalFrame
        guard target.rawValue != 0 || isSignal else { return .ended(endingWithoutReturnAddress(frame)) }
        if isSignal { leftFrame = .signalReturn }
        // A signal handler may run on a stack of its own, above or below the one that it interrupted. A function without
        // a frame may have its return address in a register (vfork(3)).
        guard isSignal || ascends(to: frame) || entersOtherStack(by: frame, from: left) else {
            return .ended(.truncated(.stackNotAscending(frame.stackPointer)))
        }
        if isSignal { walked.goOn(at: frame.stackPointer) }
        guard walked.canReach(frame.stackPointer) else {
            return .ended(.truncated(.stackNotAscending(frame.stackPointer)))
        }
        let address: FrameAddress = isSignal ? .programCounter(target) : .returnAddress(target)
        let location = context.code.location(of: address.instruction)
        // A signal may have been raised by a call to where there is no code.
        if case .unmapped = location, !isSignal { return .ended(.truncated(.implausibleReturnAddress(target))) }
        if !isSignal, context.stack.isLeap(from: position.stackPointer, to: frame.stackPointer) {
            // Nothing between the two was read: a call that can have led here takes its place.
            let evidence = context.evidence(ofReturnTo: target, from: position.address.instruction)
            let isPossible = evidence.map { $0 != .excluded } ?? false
            guard isPossible || isFoundByCode(frame.stackPointer.lowered(by: 8), from: left) else {
                return .ended(.truncated(.implausibleReturnAddress(target)))
            }
            switches.addLeap(from: position.stackPointer, to: frame.stackPointer, in: context.stack)
        }
        position.address = address
        position.location = location
        position.stackPointer = frame.stackPointer
        position.hasExactStackPointer = true
        cursorIsCurrent = true
        return .moved
    }

    /// Whether the caller's frame is above this one, as far as that stack was copied.
    private func ascends(to frame: LibunwindSpace.Frame) -> Bool {
        guard frame.stackPointer >= lowestCallerStackPointer else { return false }
        return context.stack.isOneStack(position.stackPointer, frame.stackPointer)
            || context.stack.window(at: frame.stackPointer) == nil
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
        if context.isBottom(above: frame.stackPointer.lowered(by: 8), of: position), !isGo { return .rootReached }
        return .truncated(.implausibleReturnAddress(Address(rawValue: 0)))
    }

    private var isGo: Bool {
        context.code.object(at: position.address.instruction)?.object.isGo == true
    }

    // MARK: - Code

    private mutating func stepByCode() -> Step {
        switch CodeStep(context: context, position: position, registers: registers()).outcome() {
        case .caller(let caller):
            if !context.stack.isOneStack(position.stackPointer, caller.stackPointer) {
                let slot = caller.stackPointer.lowered(by: 8)
                guard walked.leave(at: position.stackPointer, for: slot) else {
                    return .ended(.truncated(.stackNotAscending(slot)))
                }
                _ = noteSwitch(to: slot)
            }
            switches.addLeap(from: position.stackPointer, to: caller.stackPointer, in: context.stack)
            position = caller
            cursorIsCurrent = false
            return .moved
        case .root: return .ended(.rootReached)
        case .missing(let register): return .missing(register)
        case .truncated(.unreadableMemory(let address)):
            if noteSwitch(to: address) { return .ended(.truncated(.otherStackNotCopied(address))) }
            return .ended(.truncated(reason(unreadable: address)))
        case .truncated(let reason): return .ended(.truncated(reason))
        case .uncopied(let address, let rest):
            switches.addRest(from: rest, at: position.stackPointer, in: context.stack)
            return .ended(.truncated(.beyondCopiedStack(address)))
        }
    }

    // MARK: - Other stacks

    /// Whether the caller's frame is on another stack: a direct call to this very function proves it, or the function's
    /// code, where that finds its return address by the same registers in the same place.
    ///
    /// Split stacks go on where the frame pointer of `__morestack` points (libgcc's config/i386/morestack.S). It returns for
    /// the function that called it, so that its own return address is below the caller's.
    private mutating func entersOtherStack(by frame: LibunwindSpace.Frame, from left: NativeRegisters?) -> Bool {
        let slot = frame.stackPointer.lowered(by: 8)
        guard context.stack.window(at: slot) != nil else { return false }
        let own = slot.lowered(by: 8)
        let isProven =
            [own, slot].contains { evidence(ofReturnAt: $0, from: position.address.instruction) == .certain }
            || isFoundByCode(slot, from: left)
        guard isProven, walked.leave(at: position.stackPointer, for: slot) else { return false }
        _ = noteSwitch(to: slot)
        return true
    }

    private func evidence(ofReturnAt slot: Address, from instruction: Address) -> CallEvidence? {
        context.stack.word(at: slot).flatMap {
            context.evidence(ofReturnTo: Address(rawValue: $0), from: instruction)
        }
    }

    private func isFoundByCode(_ slot: Address, from left: NativeRegisters?) -> Bool {
        left.flatMap(returnSlotByCode).map { isReturn(at: $0, for: slot) } ?? false
    }

    /// Where the code of the frame's function, which set another stack pointer, has kept its return address.
    private func returnSlotByCode(_ registers: NativeRegisters) -> Address? {
        let instruction = position.address.instruction
        guard let start = context.code.function(covering: instruction)?.range.lowerBound,
            let rule = context.rules.rule(from: start, to: position.address)
        else { return nil }
        var registers = registers
        registers.stackPointer = position.stackPointer
        return (try? rule.returnSlot.value(registers) { context.stack.word(at: $0) }).map(Address.init(rawValue:))
    }

    /// Whether calls can have left the words at the frame's own return address and at that of what it returns for.
    private func isReturn(at own: Address, for slot: Address) -> Bool {
        func isPossible(_ evidence: CallEvidence?) -> Bool { evidence.map { $0 != .excluded } ?? false }
        guard isPossible(evidence(ofReturnAt: own, from: position.address.instruction)) else { return false }
        guard own != slot else { return true }
        guard own == slot.lowered(by: 8), let caller = context.stack.word(at: own) else { return false }
        return isPossible(evidence(ofReturnAt: slot, from: Address(rawValue: caller).lowered(by: 1)))
    }

    /// How far below a frame's stack pointer its frame pointer is looked for.
    private static let farthestSave: UInt64 = 32 * 1024

    /// Notes how to find the word at `slot` of a frame on another stack.
    ///
    /// A function that was called from this one may have saved the pointer to it. Otherwise it is where it is as long as
    /// the thread is in that frame.
    ///
    /// - Returns: whether it is on another stack.
    private mutating func noteSwitch(to slot: Address) -> Bool {
        guard let window = context.stack.window(at: position.stackPointer), !window.contains(slot),
            let mapping = context.stack.mapping(containing: slot),
            slot < window.base || mapping != context.stack.mapping(ofFrameAt: position.stackPointer)
        else { return false }
        // The saved frame pointer is right below the return address, or one word further.
        let place = savedPointer(to: [slot.lowered(by: 8), slot.lowered(by: 16)])
        let step =
            place.map { CopyPlan.Step(origin: .memory($0), byteCount: StackSwitches.firstCopy) }
            ?? StackSwitches.copy(around: slot)
        switches.add(step, to: slot, at: position.stackPointer, in: context.stack)
        return true
    }

    private func savedPointer(to targets: [Address]) -> Address? {
        for distance in stride(from: UInt64(16), through: Self.farthestSave, by: 8) {
            let place = position.stackPointer.lowered(by: distance)
            guard context.budget.allows(.searchingWords), let word = context.stack.word(at: place) else { return nil }
            if targets.contains(Address(rawValue: word)) { return place }
        }
        return nil
    }

    private mutating func leave(by stackSwitch: StackSwitch) -> Step {
        switch stackSwitch {
        case .signal: leftFrame = .signalReturn
        case .callback: leftFrame = .placeholder
        case .goroutine, .systemStack, .saved, .register, .returnAddress: break
        }
        guard position.hasExactStackPointer else {
            return .ended(.truncated(.unknownRegister(at: position.address.value)))
        }
        let step = SwitchStep(
            context: context, position: position, registers: registers(), origin: space.origin(of:))
        do {
            switch try step.follow(stackSwitch, &switches) {
            case .caller(let caller):
                walked.goOn(at: caller.stackPointer)
                position = caller
                cursorIsCurrent = false
            case .stackPointer(let stackPointer):
                walked.goOn(at: stackPointer)
                position.registers = step.registers
                position.stackPointer = stackPointer
                cursorIsCurrent = false
                return finish(stepByCallFrameInformation(ignoringLandmarks: true))
            }
        } catch {
            return .ended(.truncated(error.reason))
        }
        // A signal may have been raised by a call to where there is no code.
        if case .unmapped = position.location, case .returnAddress = position.address {
            return .ended(.truncated(.implausibleReturnAddress(position.address.value)))
        }
        return .moved
    }
}
