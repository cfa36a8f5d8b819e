internal import ProfileModel

/// What a place that a frame returns to means for its stack.
enum StackLandmark {
    /// The call was made by the outermost frame of its stack.
    case root
    /// The function that begins behind it is the outermost one: its stack was made such that the next one returns to it.
    case entry
    /// The stack goes on elsewhere.
    case stackSwitch(StackSwitch)

    /// `nil` when a call that `instruction` is the last byte of is one as any other.
    init?(callAt instruction: Address, in context: UnwindContext) {
        if SignalReturn.begins(at: instruction.advanced(by: 1), in: context.code) {
            self = .stackSwitch(.signal)
        } else if ContextStart.begins(at: instruction.advanced(by: 1), in: context.code)
            || context.isFinish(at: instruction.advanced(by: 1))
        {
            self = .entry
        } else if let found = GoStacks.landmark(callAt: instruction, in: context) {
            self = found
        } else if context.roots.contain(callAt: instruction) {
            self = .root
        } else {
            return nil
        }
    }
}

/// How a frame leaves its stack, seen from the stack pointer that it has when its callee has returned.
enum StackSwitch: Equatable {
    /// A signal handler returns to the code that has the kernel restore all registers, which are at the stack pointer.
    case signal
    /// C code called from Go: the goroutine is in one slot, in another how far its stack pointer is below its stack's limit.
    case goroutine(slot: UInt64, depthSlot: UInt64)
    /// Go code that C code called, whose stack goes on on the thread's own: the callback's arguments are on that.
    case callback
    /// Go's scheduler on behalf of a goroutine, of which the callee has saved the frame pointer.
    case systemStack
    /// The stack pointer to go on with is in a slot.
    case saved(slot: UInt64)
    /// The stack pointer to go on with is in a register.
    case register(NativeRegisters.Name)
    /// The stack is the caller's, and the return address in a register.
    case returnAddress(in: NativeRegisters.Name)
}
