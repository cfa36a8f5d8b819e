internal import ProfileModel

/// All that libunwind may read while one stack is followed: the snapshot's registers and stack, and entries of call
/// frame information.
final class UnwindMemory {
    /// Why the last step could not be made.
    enum Failure {
        case noInformation
        case badInformation
        /// The table that would say it may not be read any more.
        case parsingBudgetExhausted
        /// The stack has caused all the work that it may.
        case workLimit
        case unreadable(Address)
        case unknownRegister(NativeRegisters.Name)
    }

    var registers = NativeRegisters()
    /// The instruction whose frame is left.
    var instruction = Address(rawValue: 0)
    private let code: MappedCode
    private let stack: StackMemory
    private let budget: WorkBudget
    private var entries = EntryMemory()
    /// The first thing that went wrong; what follows from it doesn't count.
    private var firstFailure: Failure?

    init(_ context: UnwindContext) {
        code = context.code
        stack = context.stack
        budget = context.budget
    }

    /// Whether so many entries are kept that the caches, and with them `removeEntries`, are due.
    var isFull: Bool { entries.isFull }

    /// To be called when the rules that were found are discarded.
    func removeEntries() { entries.removeAll() }

    /// What went wrong since the last call.
    func takeFailure() -> Failure? {
        defer { firstFailure = nil }
        return firstFailure
    }

    /// Notes what went wrong, unless something did before.
    func fail(_ failure: Failure) { firstFailure = firstFailure ?? failure }

    // MARK: - What libunwind requests

    func register(_ name: NativeRegisters.Name) -> UInt64? {
        if let value = registers[name] { return value }
        fail(.unknownRegister(name))
        return nil
    }

    /// The word at `address`.
    func word(at address: Address) -> UInt64? {
        guard budget.allows(.readingWords) else {
            fail(.workLimit)
            return nil
        }
        if let word = stack.word(at: address) ?? entries.word(at: address.rawValue) { return word }
        let isLost = address.rawValue == CallFrameInstructions.lostFramePointer
        fail(isLost ? .unknownRegister(.framePointer) : .unreadable(address))
        return nil
    }

    /// Makes the entry that covers `instruction` readable; returns where it pretends to be.
    func prepareEntry() -> UInt64? {
        do {
            return entries.add(try code.entry(covering: instruction))
        } catch {
            fail(Failure(error))
            return nil
        }
    }
}

extension UnwindMemory.Failure {
    fileprivate init(_ failure: MappedCode.Failure) {
        switch failure {
        case .noDescription: self = .noInformation
        case .unusableDescription: self = .badInformation
        case .parsingBudgetExhausted: self = .parsingBudgetExhausted
        case .workLimit: self = .workLimit
        }
    }
}
