internal import ProfileModel

/// Goes from a frame without call frame information to its caller.
///
/// A caller counts only when its return address follows a call in an executable mapping. For an interrupted
/// instruction the frame pointer may not be set up yet, or be gone already; the code at the instruction decides.
struct FramePointerStep {
    /// Why the step could not be made.
    struct Truncation: Error {
        let reason: TruncationReason
    }

    let context: UnwindContext
    let position: StackPosition

    /// The calling frame, or `nil` at the root: a frame pointer, or a return address, of zero marks it (System V ABI for
    /// x86-64, section 3.4.1).
    func caller(framePointer: Address?) throws(Truncation) -> StackPosition? {
        let frame =
            switch position.address {
            case .returnAddress: Frame(at: framePointer)
            case .programCounter(let pc): interruptedFrame(at: pc, framePointer: framePointer)
            }
        guard let frame else { throw noInformation }
        return try follow(frame, framePointer: framePointer)
    }

    /// Where a frame keeps what its caller needs.
    private struct Frame {
        let returnSlot: Address?
        /// `nil` when the frame has not touched the caller's frame pointer.
        let savedFramePointer: Address?

        init(returnSlot: Address?, savedFramePointer: Address?) {
            self.returnSlot = returnSlot
            self.savedFramePointer = savedFramePointer
        }

        /// The frame that a frame pointer points to.
        init(at framePointer: Address?) {
            self.init(returnSlot: framePointer?.advanced(by: 8), savedFramePointer: framePointer)
        }
    }

    // MARK: - Interrupted frames

    /// The frame of a function that was interrupted at `pc`; `nil` when it is not certain.
    private func interruptedFrame(at pc: Address, framePointer: Address?) -> Frame? {
        let stackPointer = position.stackPointer
        if let frame = InstructionFrame(at: pc, in: context.code) {
            return Frame(
                returnSlot: stackPointer.advanced(by: frame.returnOffset),
                savedFramePointer: frame.framePointerOffset.map(stackPointer.advanced(by:)))
        }
        let standard = Frame(at: framePointer)
        let frameless = Frame(returnSlot: stackPointer, savedFramePointer: nil)
        let calledFrom = call(returningTo: stackPointer)
        if let function = context.code.function(covering: pc)?.range {
            if Prologue.setsFramePointer(from: function.lowerBound, before: pc, in: context.code) { return standard }
            // A leaf that keeps nothing on the stack. Only a direct call to its very start proves that.
            let evidence = calledFrom.map { context.calls.evidence(of: $0, leadingTo: function) }
            return evidence == .certain ? frameless : nil
        }
        // Where the function begins is not known, but no later than `pc`: of two functions that were called, it is the
        // later one.
        let outer = framePointer.flatMap { call(returningTo: $0.advanced(by: 8)) }
        guard let calledFrom else { return standard }
        guard let inner = calledFrom.target, inner <= pc else { return nil }
        guard let outer = outer?.target, outer <= pc, outer != inner else { return nil }
        return inner > outer ? frameless : standard
    }

    private func call(returningTo slot: Address) -> CallSite? {
        context.stack.word(at: slot).flatMap { context.calls.call(before: Address(rawValue: $0)) }
    }

    // MARK: - The caller

    private func follow(_ frame: Frame, framePointer: Address?) throws(Truncation) -> StackPosition? {
        guard let slot = frame.returnSlot else {
            throw Truncation(reason: .unknownRegister(at: position.address.value))
        }
        if frame.savedFramePointer?.rawValue == 0 {
            // Generated code may use the register for anything, and of unmapped code nothing is known.
            if case .object = position.location { return nil }
            throw noInformation
        }
        guard slot >= position.stackPointer else { throw Truncation(reason: .stackNotAscending(slot)) }
        let target = Address(rawValue: try word(at: slot))
        guard target.rawValue != 0 else { return nil }
        let instruction = position.address.instruction
        guard let call = context.calls.call(before: target),
            context.calls.evidence(of: call, leadingTo: instruction) != .excluded
        else { throw noInformation }
        var registers = NativeRegisters()
        registers.framePointer = framePointer
        if let saved = frame.savedFramePointer { registers.framePointer = Address(rawValue: try word(at: saved)) }
        let address = FrameAddress.returnAddress(target)
        return StackPosition(
            registers: registers, address: address, location: context.code.location(of: address.instruction),
            stackPointer: slot.advanced(by: 8))
    }

    private func word(at address: Address) throws(Truncation) -> UInt64 {
        guard let word = context.stack.word(at: address) else {
            throw Truncation(reason: context.stack.reason(unreadable: address))
        }
        return word
    }

    private var noInformation: Truncation { Truncation(reason: .noUnwindInformation(position.address.value)) }
}
