internal import ObjectFiles
internal import ProfileModel

/// Where Go's runtime goes from one stack to another.
///
/// Each thread of a Go program has a stack of its own (g0), on which the scheduler and C code run; goroutines have others.
enum GoStacks {
    /// What `gosave_systemstack_switch` saves as a goroutine's program counter, which a callback from C gets as its return
    /// address.
    private static let placeholder = "runtime.systemstack_switch"
    /// What C code calls Go by.
    private static let callback = "runtime.cgocallback"

    /// What a call that `instruction` is the last byte of means for its stack.
    static func landmark(callAt instruction: Address, in context: UnwindContext) -> StackLandmark? {
        guard let found = context.code.object(at: instruction), found.object.isGo else { return nil }
        let target = instruction.advanced(by: 1)
        let address = FileAddress(rawValue: target.rawValue &- found.bias)
        if found.object.symbol(containing: address)?.name == placeholder { return .stackSwitch(.callback) }
        guard context.calls.call(before: target) != nil else { return nil }
        let code = context.code.bytes(at: target, count: GoSwitchCode.longest)
        return GoSwitchCode.stackSwitch(code).map(StackLandmark.stackSwitch)
    }

    /// How assembly that sets the stack pointer goes back to its own stack from an instruction on, where it has left that.
    static func stackSwitch(interruptedAt instruction: Address, in context: UnwindContext) -> StackSwitch? {
        let code = context.code.bytes(at: instruction, count: GoSwitchCode.longest)
        return GoSwitchCode.restoresFromRegister(code) ? .register(.r12) : nil
    }

    /// Whether `target` follows a call by which C code enters Go.
    static func isCallback(returningTo target: Address, in context: UnwindContext) -> Bool {
        guard let callee = context.calls.call(before: target)?.target, let found = context.code.object(at: callee),
            found.object.isGo
        else { return false }
        return found.object.symbol(containing: FileAddress(rawValue: callee.rawValue &- found.bias))?.name == callback
    }
}
