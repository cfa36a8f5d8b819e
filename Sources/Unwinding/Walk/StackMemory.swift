internal import ProfileModel

/// The copied parts of the stacks that are followed: the one that the thread is on, and those where it goes on.
final class StackMemory {
    private var stack = StackWindow.empty
    private var windows: [StackWindow] = []
    private let code: MappedCode

    init(of code: MappedCode) { self.code = code }

    func begin(_ snapshot: StackSnapshot) {
        stack = snapshot.stack
        windows = snapshot.windows
    }

    /// Releases the snapshot.
    func end() { (stack, windows) = (.empty, []) }

    /// The word at `address`; `nil` where it was not copied.
    func word(at address: Address) -> UInt64? {
        if let word = stack.word(at: address) { return word }
        for window in windows { if let word = window.word(at: address) { return word } }
        return nil
    }

    /// The copy that a frame with this stack pointer is in; its stack pointer may be at the very top.
    func window(at stackPointer: Address) -> StackWindow? {
        if stack.contains(stackPointer) || stack.end == stackPointer { return stack }
        // Of two that overlap, the larger one is that of the stack.
        let holding = windows.filter { $0.contains(stackPointer) }.max { $0.bytes.count < $1.bytes.count }
        return holding ?? windows.first { $0.end == stackPointer }
    }

    /// Whether more was copied than the stack that the thread is on.
    var hasOtherStacks: Bool { !windows.isEmpty }

    /// The address behind the last copied word, if the stack that a frame is on was copied to its very top.
    func top(above stackPointer: Address) -> Address? {
        guard let end = window(at: stackPointer)?.end else { return nil }
        return mapping(of: end)?.upperBound == end ? end : nil
    }

    /// Why a word can't be read by a frame with this stack pointer: the copy ends below it, or it never was part of the
    /// stack.
    func reason(unreadable address: Address, at stackPointer: Address) -> TruncationReason {
        guard let window = window(at: stackPointer) ?? (stack.bytes.isEmpty ? nil : stack) else {
            return .unreadableMemory(address)
        }
        let isAbove = address >= window.end.lowered(by: 7)
        return isAbove && mapping(of: window.end)?.contains(address) == true
            ? .beyondCopiedStack(address) : .unreadableMemory(address)
    }

    private func mapping(of end: Address) -> Range<Address>? { mapping(containing: end.lowered(by: 1)) }

    func mapping(containing address: Address) -> Range<Address>? { code.range(containing: address) }

    /// The mapping of the stack that a frame with this stack pointer is on; it may be at the very top.
    func mapping(ofFrameAt stackPointer: Address) -> Range<Address>? {
        let isAtTop = window(at: stackPointer).map { $0.end == stackPointer && !$0.bytes.isEmpty } ?? false
        return mapping(containing: isAtTop ? stackPointer.lowered(by: 1) : stackPointer)
    }

    /// Whether the second stack pointer is on the stack of the first one, as far as that was copied.
    func isOneStack(_ first: Address, _ second: Address) -> Bool {
        isOneCopy(first, second) || isLeap(from: first, to: second)
    }

    /// Whether a frame is so large that its caller's is in another copy, further up in the same mapping.
    ///
    /// Both were copied at the same time, so that they are as much one stack as if all between them had been copied, too.
    func isLeap(from first: Address, to second: Address) -> Bool {
        !isOneCopy(first, second) && first < second && window(at: second) != nil
            && mapping(ofFrameAt: first)?.contains(second.lowered(by: 1)) == true
    }

    private func isOneCopy(_ first: Address, _ second: Address) -> Bool {
        window(at: first).map { $0.contains(second) || $0.end == second } ?? false
    }
}

extension StackWindow {
    fileprivate static var empty: StackWindow { StackWindow(base: Address(rawValue: 0), bytes: []) }
}
