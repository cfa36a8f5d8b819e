internal import CLibunwind
internal import ProfileModel

/// One libunwind address space with one cursor in it, and a cache of the rules that steps follow.
@safe final class LibunwindSpace {
    /// Where a step led.
    struct Frame {
        let instructionPointer: UInt64
        let stackPointer: UInt64
        /// The step left a signal frame, so `instructionPointer` was interrupted and is no return address.
        let leftSignalFrame: Bool
    }

    enum Outcome {
        case moved(Frame)
        case root
        case failed
    }

    /// The registers that a callee preserves (System V ABI for x86-64, section 3.2.1).
    private static let preserved: [NativeRegisters.Name] = [.rbx, .rbp, .r12, .r13, .r14, .r15]

    private let memory: UnwindMemory
    private let space: unw_addr_space_t
    private let cursor: UnsafeMutablePointer<unw_cursor_t>
    private let cache: RuleCache

    init(memory: UnwindMemory) throws(UnwinderError) {
        guard
            let space = unsafe clibunwind_create_space(
                findProcedureCallback, accessMemoryCallback, accessRegisterCallback)
        else { throw .outOfMemory }
        self.memory = memory
        cache = RuleCache()
        unsafe self.space = space
        unsafe cursor = .allocate(capacity: 1)
        unsafe cursor.initialize(to: unw_cursor_t())
    }

    deinit {
        unsafe clibunwind_destroy_space(space)
        unsafe cursor.deallocate()
    }

    func flush() { cache.removeAll() }

    /// Puts the cursor at the frame whose registers `memory` holds.
    func begin() -> Bool {
        // Safe: the memory outlives the cursor, which is only used by this object.
        unsafe clibunwind_begin(cursor, space, Unmanaged.passUnretained(memory).toOpaque()) == 0
    }

    /// Goes to the caller of the frame that executes `instruction`.
    func step(from instruction: Address) -> Outcome {
        guard let rules = unsafe self.rules(of: instruction) else { return .failed }
        guard unsafe rules.pointee.is_outermost == 0 else { return .root }
        let result = unsafe clibunwind_apply_rules(cursor, rules)
        guard result >= 0 else { return .failed }
        guard result > 0 else { return .root }
        guard let ip = register(.rip), let sp = register(.rsp) else {
            return .failed
        }
        return .moved(
            Frame(
                instructionPointer: ip, stackPointer: sp,
                leftSignalFrame: unsafe rules.pointee.is_signal_frame != 0))
    }

    /// Where the rules of an instruction are, until the next call.
    @unsafe private func rules(of instruction: Address) -> UnsafeMutablePointer<clibunwind_rules>? {
        if let known = unsafe cache.rules(of: instruction) { return unsafe known }
        memory.instruction = instruction
        let place = unsafe cache.place(for: instruction)
        guard unsafe clibunwind_find_rules(cursor, instruction.rawValue, place) == 0 else { return nil }
        if GoStackRoots.contain(callAt: instruction, in: memory) { unsafe place.pointee.is_outermost = 1 }
        cache.keep(instruction)
        return unsafe place
    }

    /// The registers of the frame that the last step led to, or, when it had no information or lacked a register for
    /// the frame's address, began at.
    ///
    /// - Parameter all: whether those are known that a callee need not preserve: only where a signal interrupted.
    func registers(all: Bool = false) -> NativeRegisters {
        var registers = NativeRegisters()
        for name in all ? NativeRegisters.Name.allCases : Self.preserved { registers[name] = register(name) }
        _ = memory.takeFailure()
        return registers
    }

    private func register(_ name: NativeRegisters.Name) -> UInt64? {
        var value: unw_word_t = 0
        // Safe: the numbers of libunwind and DWARF are the same (libunwind-x86_64.h).
        return unsafe clibunwind_get_register(cursor, CInt(name.rawValue), &value) == 0 ? value : nil
    }
}

// Safe in all three: the context is the UnwindMemory that `begin` passed, which the space's owner keeps alive.

private func findProcedureCallback(
    space: unw_addr_space_t?, address: unw_word_t, info: UnsafeMutablePointer<unw_proc_info_t>?, need: CInt,
    context: UnsafeMutableRawPointer?
) -> CInt {
    guard let context = unsafe context, let space = unsafe space, let info = unsafe info else {
        return clibunwind_error_invalid()
    }
    let memory = unsafe Unmanaged<UnwindMemory>.fromOpaque(context)
    return unsafe memory._withUnsafeGuaranteedRef { memory in
        // libunwind's `address` may lie one byte off: whether a frame is calling is known here only.
        guard let entry = memory.prepareEntry() else {
            // Not "no information": libunwind would then guess by the frame pointer.
            return clibunwind_error_invalid()
        }
        return unsafe clibunwind_use_entry(
            space, memory.instruction.rawValue, EntryMemory.tableAddress, entry, info, need, context)
    }
}

private func accessMemoryCallback(
    space: unw_addr_space_t?, address: unw_word_t, value: UnsafeMutablePointer<unw_word_t>?, write: CInt,
    context: UnsafeMutableRawPointer?
) -> CInt {
    guard write == 0, let context = unsafe context, let value = unsafe value else { return clibunwind_error_invalid() }
    return unsafe Unmanaged<UnwindMemory>.fromOpaque(context)._withUnsafeGuaranteedRef { memory in
        guard let word = memory.word(at: address) else { return clibunwind_error_invalid() }
        unsafe value.pointee = word
        return 0
    }
}

private func accessRegisterCallback(
    space: unw_addr_space_t?, number: unw_regnum_t, value: UnsafeMutablePointer<unw_word_t>?, write: CInt,
    context: UnsafeMutableRawPointer?
) -> CInt {
    guard write == 0, let context = unsafe context, let value = unsafe value else { return clibunwind_error_invalid() }
    return unsafe Unmanaged<UnwindMemory>.fromOpaque(context)._withUnsafeGuaranteedRef { memory in
        guard let name = NativeRegisters.Name(rawValue: Int(number)), let known = memory.register(name) else {
            return clibunwind_error_bad_register()
        }
        unsafe value.pointee = known
        return 0
    }
}
