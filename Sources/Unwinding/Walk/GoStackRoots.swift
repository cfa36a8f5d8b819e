internal import ObjectFiles
internal import ProfileModel

/// Where the stacks of Go's scheduler begin.
///
/// Each thread of a Go program has a stack of its own (g0), to which `runtime.mcall` and `runtime.morestack` switch
/// without a trace of where they come from: what lies above them there is left from earlier. Threads begin in
/// `runtime.clone`, the first one in `runtime.rt0_go`. Source: `topofstack` in Go's runtime/traceback.go.
enum GoStackRoots {
    private static let names: Set<String> = [
        "runtime.mcall", "runtime.mcall.abi0", "runtime.morestack", "runtime.morestack.abi0", "runtime.clone",
        "runtime.clone.abi0", "runtime.rt0_go", "runtime.rt0_go.abi0",
    ]

    /// Whether a call that `instruction` is the last byte of is made by the outermost frame of its stack.
    static func contain(callAt instruction: Address, in context: UnwindContext) -> Bool {
        guard let found = context.code.object(at: instruction), found.object.section(named: ".gopclntab") != nil,
            context.calls.call(before: instruction.advanced(by: 1)) != nil,
            let symbol = found.object.symbol(containing: FileAddress(rawValue: instruction.rawValue &- found.bias))
        else { return false }
        return names.contains(symbol.name)
    }
}
