internal import ObjectFiles
internal import ProfileModel

/// Goes from a frame without call frame information to its caller.
///
/// A caller counts only when its return address follows a call in an executable mapping. For an interrupted
/// instruction the frame pointer may not be set up yet, or be gone already; the bytes at the instruction tell.
struct FramePointerStep {
    /// Why the step could not be made.
    struct Truncation: Error {
        let reason: TruncationReason
    }

    /// A direct call to a function that begins further back than this did not call the code in question.
    private static let largestFunction: UInt64 = 1 << 20

    let memory: UnwindMemory

    /// The calling frame, or `nil` at the root: a frame pointer, or a return address, of zero marks it (System V ABI for
    /// x86-64, section 3.4.1).
    func caller(of position: StackPosition, registers: NativeRegisters) -> Result<StackPosition?, Truncation> {
        let framePointer = registers[.rbp]
        let frame =
            switch position.address {
            case .returnAddress: Frame(at: framePointer)
            case .programCounter(let pc): interruptedFrame(at: pc, position: position, framePointer: framePointer)
            }
        guard let frame else { return truncated(.noUnwindInformation(position.address.value)) }
        return follow(frame, of: position, framePointer: framePointer)
    }

    /// The frame of a function that was interrupted at `pc`; `nil` when it is not certain.
    private func interruptedFrame(at pc: Address, position: StackPosition, framePointer: UInt64?) -> Frame? {
        let stackPointer = position.stackPointer
        if let frame = InstructionFrame(at: pc, in: memory) {
            return Frame(
                returnSlot: stackPointer &+ frame.returnOffset,
                savedFramePointer: frame.framePointerOffset.map { stackPointer &+ $0 })
        }
        let standard = Frame(at: framePointer)
        let frameless = Frame(returnSlot: stackPointer, savedFramePointer: nil)
        let calledFrom = callSite(returningTo: stackPointer)
        if let start = memory.functionStart(covering: pc) {
            if Prologue.setsFramePointer(from: start, before: pc, in: memory) { return standard }
            // A leaf that keeps nothing on the stack. Only a direct call to its very start proves that.
            return calledFrom?.target == start ? frameless : nil
        }
        // Where the function begins is not known, but no later than `pc`: of two functions that were called, it is the
        // later one.
        let outer = framePointer.flatMap { callSite(returningTo: $0 &+ 8) }
        guard let calledFrom else { return standard }
        guard let inner = calledFrom.target, inner <= pc else { return nil }
        guard let outer = outer?.target, outer <= pc, outer != inner else { return nil }
        return inner > outer ? frameless : standard
    }

    private func callSite(returningTo slot: UInt64) -> CallSite? {
        memory.stackWord(at: Address(rawValue: slot)).flatMap { CallSite(endingAt: Address(rawValue: $0), in: memory) }
    }

    /// Where a frame keeps what its caller needs.
    private struct Frame {
        let returnSlot: UInt64?
        /// `nil` when the frame has not touched the caller's frame pointer.
        let savedFramePointer: UInt64?

        init(returnSlot: UInt64?, savedFramePointer: UInt64?) {
            self.returnSlot = returnSlot
            self.savedFramePointer = savedFramePointer
        }

        /// The frame that a frame pointer points to.
        init(at framePointer: UInt64?) {
            self.init(returnSlot: framePointer.map { $0 &+ 8 }, savedFramePointer: framePointer)
        }
    }

    private func follow(
        _ frame: Frame, of position: StackPosition, framePointer: UInt64?
    ) -> Result<StackPosition?, Truncation> {
        guard let slot = frame.returnSlot else { return truncated(.unknownRegister(at: position.address.value)) }
        if frame.savedFramePointer == 0 {
            // Generated code may use the register for anything, and of unmapped code nothing is known.
            if case .object = position.location { return .success(nil) }
            return truncated(.noUnwindInformation(position.address.value))
        }
        guard slot >= position.stackPointer else { return truncated(.stackNotAscending(Address(rawValue: slot))) }
        guard let target = memory.stackWord(at: Address(rawValue: slot)) else { return unreadable(slot) }
        guard target != 0 else { return .success(nil) }
        guard let site = CallSite(endingAt: Address(rawValue: target), in: memory), isPlausible(site, for: position)
        else { return truncated(.noUnwindInformation(position.address.value)) }
        var registers = NativeRegisters()
        registers[.rbp] = framePointer
        if let saved = frame.savedFramePointer {
            guard let callers = memory.stackWord(at: Address(rawValue: saved)) else { return unreadable(saved) }
            registers[.rbp] = callers
        }
        let address = FrameAddress.returnAddress(Address(rawValue: target))
        return .success(
            StackPosition(
                registers: registers, address: address,
                location: memory.addressSpace.location(of: address.instruction), stackPointer: slot &+ 8))
    }

    /// Whether a call can have led to the frame: one that names the function called names the frame's own, or one that
    /// jumped on to it.
    ///
    /// At a call, a function that has set up its frame pointer still has it. When it was interrupted it may not.
    private func isPlausible(_ site: CallSite, for position: StackPosition) -> Bool {
        guard let target = site.target else { return true }
        let instruction = position.address.instruction
        guard let start = memory.functionStart(covering: instruction) else {
            return isNear(target, before: instruction) || isElsewhere(target, than: instruction)
        }
        if start == target || isElsewhere(target, than: instruction) { return true }
        return switch position.address {
        case .returnAddress: Prologue.setsFramePointer(from: start, before: instruction, in: memory)
        case .programCounter: TailCall.exists(from: target, to: start, in: memory)
        }
    }

    private func isNear(_ target: Address, before instruction: Address) -> Bool {
        target <= instruction && instruction.rawValue - target.rawValue < Self.largestFunction
    }

    /// Whether the call went to a stub of another object (PLT), which jumped on.
    private func isElsewhere(_ target: Address, than instruction: Address) -> Bool {
        guard let here = memory.addressSpace.mapping(containing: instruction),
            let there = memory.addressSpace.mapping(containing: target)
        else { return false }
        return here.start != there.start
    }

    private func truncated(_ reason: TruncationReason) -> Result<StackPosition?, Truncation> {
        .failure(Truncation(reason: reason))
    }

    private func unreadable(_ slot: UInt64) -> Result<StackPosition?, Truncation> {
        truncated(memory.unreadable(Address(rawValue: slot)))
    }
}
