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

    func begin(_ window: StackWindow, generatedCode: (any CodeReader)?) {
        stack.window = window
        code.generatedCode = generatedCode
        budget.reset()
    }

    /// Releases the snapshot.
    func end() {
        stack.window = .empty
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

/// The copied part of the stack that is followed.
final class StackMemory {
    var window = StackWindow.empty
    private let code: MappedCode

    init(of code: MappedCode) { self.code = code }

    /// The word at `address`; `nil` where it was not copied.
    func word(at address: Address) -> UInt64? { window.word(at: address) }

    /// The mapping that holds `address`.
    func range(containing address: Address) -> Range<Address>? { code.range(containing: address) }

    /// The address behind the last copied word, if the stack was copied to its very top.
    var top: Address? {
        let end = window.end
        return code.range(containing: end.lowered(by: 1))?.upperBound == end ? end : nil
    }

    /// Why a word can't be read: the copy ends below it, or it never was part of the stack.
    func reason(unreadable address: Address) -> TruncationReason {
        let isAbove = !window.bytes.isEmpty && address >= window.end.lowered(by: 7)
        let stack = code.range(containing: window.end.lowered(by: 1))
        return isAbove && stack?.contains(address) == true ? .beyondCopiedStack(address) : .unreadableMemory(address)
    }
}

extension StackWindow {
    fileprivate static var empty: StackWindow { StackWindow(base: Address(rawValue: 0), bytes: []) }
}
