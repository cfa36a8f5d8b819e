internal import ObjectFiles
internal import ProfileModel

/// Where Go's runtime goes from one stack to another.
///
/// Each thread of a Go program has a stack of its own (g0), on which the scheduler and C code run; goroutines have others.
enum GoStacks {
    /// What `gosave_systemstack_switch` saves as a goroutine's program counter, which a callback from C gets as its return
    /// address.
    private static let placeholders: Set<String> = ["runtime.systemstack_switch", "runtime.systemstack_switch.abi0"]
    /// What C code calls Go by.
    private static let callbacks: Set<String> = ["runtime.cgocallback", "runtime.cgocallback.abi0"]
    /// The names of the table that every Go program has, in one that is position-independent, too.
    private static let tables = [".gopclntab", ".data.rel.ro.gopclntab"]

    /// What a call that `instruction` is the last byte of means for its stack.
    static func landmark(callAt instruction: Address, in context: UnwindContext) -> StackLandmark? {
        guard let found = context.code.object(at: instruction),
            tables.contains(where: { found.object.section(named: $0) != nil })
        else { return nil }
        let target = instruction.advanced(by: 1)
        let address = FileAddress(rawValue: target.rawValue &- found.bias)
        if let symbol = found.object.symbol(containing: address), placeholders.contains(symbol.name) {
            return .stackSwitch(.callback)
        }
        guard context.calls.call(before: target) != nil else { return nil }
        let code = context.code.bytes(at: target, count: GoSwitchCode.longest)
        return GoSwitchCode.stackSwitch(code).map(StackLandmark.stackSwitch)
    }

    /// Whether `target` follows a call by which C code enters Go.
    static func isCallback(returningTo target: Address, in context: UnwindContext) -> Bool {
        guard let callee = context.calls.call(before: target)?.target, let found = context.code.object(at: callee),
            let symbol = found.object.symbol(containing: FileAddress(rawValue: callee.rawValue &- found.bias))
        else { return false }
        return callbacks.contains(symbol.name)
    }
}
