internal import ObjectFiles
internal import ProfileModel

/// What all steps through the stacks of one process share.
///
/// Belongs to one thread.
final class UnwindContext {
    let budget = WorkBudget()
    let code: MappedCode
    let stack: StackMemory
    let layouts: FrameLayouts
    let calls: CallVerifier
    let rules: FrameRules
    let roots: StackRoots

    init(addressSpace: AddressSpaceMap, tables: UnwindTableCache) {
        code = MappedCode(addressSpace, tables: tables, budget: budget)
        stack = StackMemory(of: code)
        layouts = FrameLayouts(of: code, budget: budget)
        calls = CallVerifier(of: code, layouts: layouts, budget: budget)
        rules = FrameRules(of: code, budget: budget)
        roots = StackRoots(of: code, calls: calls)
    }

    /// The registers of the frame that a stack begins with.
    private(set) var leafRegisters = NativeRegisters()

    func begin(_ snapshot: StackSnapshot, generatedCode: (any CodeReader)?) {
        stack.begin(snapshot)
        leafRegisters = snapshot.registers
        code.generatedCode = generatedCode
        budget.reset()
    }

    /// Releases the snapshot.
    func end() {
        stack.end()
        code.generatedCode = nil
    }

    /// To be called when other code is mapped.
    func removeAll() {
        layouts.removeAll()
        calls.removeAll()
        rules.removeAll()
        roots.removeAll()
    }
}

extension UnwindContext {
    private static let costOfReading = 64

    /// Whether functions return to `target` that nothing called: a signal's handler, or the first function of a stack.
    func isEnteredByReturn(at target: Address) -> Bool {
        guard budget.allows(.decodingBytes, Self.costOfReading) else { return false }
        return ContextStart.begins(at: target, in: code) || SignalReturn.begins(at: target, in: code)
            || isFinish(at: target)
    }

    /// Whether a stack that was made by hand has `target` as its first function's return address: code behind no call that
    /// ends the thread or the process, such as `finish` of Boost.Context.
    func isFinish(at target: Address) -> Bool {
        EntryCode.neverReturns(from: target, in: code) && calls.call(before: target) == nil
    }

    /// Whether a function can have been entered such that it returns to `target`: by a call, or as what begins a
    /// stack.
    ///
    /// `nil` when `target` is nothing that a function returns to.
    func evidence(ofReturnTo target: Address, from function: Range<Address>) -> CallEvidence? {
        if let call = calls.call(before: target) { return calls.evidence(of: call, leadingTo: function) }
        return isEnteredByReturn(at: target) ? .possible : nil
    }

    /// The same of the function that covers `instruction`.
    func evidence(ofReturnTo target: Address, from instruction: Address) -> CallEvidence? {
        if let call = calls.call(before: target) { return calls.evidence(of: call, leadingTo: instruction) }
        return isEnteredByReturn(at: target) ? .possible : nil
    }
}
