internal import CLibunwind
internal import ProfileModel

/// The version of libunwind that Sonde was built with, such as `1.6`.
package var libunwindVersion: String {
    // Safe: the shim returns a constant string.
    unsafe String(cString: clibunwind_version())
}

/// Why no unwinder could be made.
package enum UnwinderError: Error, Sendable {
    case outOfMemory
}

/// One libunwind address space with one cursor in it, and a cache of the rules that steps follow.
@safe final class LibunwindSpace {
    /// Where a step led.
    struct Frame {
        let programCounter: Address
        let stackPointer: Address
        /// The step left a signal frame, so `programCounter` was interrupted and is no return address.
        let leftSignalFrame: Bool
    }

    enum Outcome {
        case moved(Frame)
        case root
        /// The frame returns to the start of the function with which its stack begins.
        case atEntry
        /// The frame returns to a place at which stacks are switched.
        case atSwitch(StackSwitch)
        case failed
    }

    private let context: UnwindContext
    private let memory: UnwindMemory
    private let space: unw_addr_space_t
    private let cursor: UnsafeMutablePointer<unw_cursor_t>
    private let cache: RuleCache
    /// What the calls that end at these instructions mean for their stacks.
    private var landmarks: [Address: StackLandmark] = [:]

    init(_ context: UnwindContext) throws(UnwinderError) {
        guard
            let space = unsafe clibunwind_create_space(
                findProcedureCallback, accessMemoryCallback, accessRegisterCallback)
        else { throw .outOfMemory }
        self.context = context
        memory = UnwindMemory(context)
        cache = RuleCache()
        unsafe self.space = space
        unsafe cursor = .allocate(capacity: 1)
        unsafe cursor.initialize(to: unw_cursor_t())
    }

    deinit {
        unsafe clibunwind_destroy_space(space)
        unsafe cursor.deallocate()
    }

    /// Whether so much is kept that a flush is due.
    var isFull: Bool { memory.isFull || landmarks.count >= Self.landmarkLimit }

    /// Discards all rules; to be called when other code is mapped.
    func flush() {
        cache.removeAll()
        landmarks.removeAll()
        memory.removeEntries()
    }

    /// Why the last step could not be made; `nil` when nothing was missing.
    func takeFailure() -> UnwindMemory.Failure? { memory.takeFailure() }

    /// Puts the cursor at the frame that has these registers.
    func begin(at registers: NativeRegisters) -> Bool {
        memory.registers = registers
        // Safe: the memory outlives the cursor, which is only used by this object.
        return unsafe clibunwind_begin(cursor, space, Unmanaged.passUnretained(memory).toOpaque()) == 0
    }

    /// Goes to the caller of a frame.
    func step(from address: FrameAddress, ignoringLandmarks: Bool = false) -> Outcome {
        guard let rules = unsafe self.rules(of: address.instruction) else { return .failed }
        if unsafe rules.pointee.is_landmark != 0, !ignoringLandmarks, case .returnAddress = address {
            switch landmarks[address.instruction] {
            case .root: return .root
            case .entry: return .atEntry
            case .stackSwitch(let stackSwitch): return .atSwitch(stackSwitch)
            case nil: break
            }
        }
        guard unsafe rules.pointee.is_missing == 0 else {
            memory.fail(missingReason)
            return .failed
        }
        let result = unsafe clibunwind_apply_rules(cursor, rules)
        guard result >= 0 else { return .failed }
        guard result > 0 else { return .root }
        guard let programCounter = register(.programCounter), let stackPointer = register(.stackPointer) else {
            return .failed
        }
        return .moved(
            Frame(
                programCounter: Address(rawValue: programCounter), stackPointer: Address(rawValue: stackPointer),
                leftSignalFrame: unsafe rules.pointee.is_signal_frame != 0))
    }

    /// Where the rules of an instruction are, until the next call.
    @unsafe private func rules(of instruction: Address) -> UnsafeMutablePointer<clibunwind_rules>? {
        missingReason = .noInformation
        if let known = unsafe cache.rules(of: instruction) { return unsafe known }
        memory.instruction = instruction
        let place = unsafe cache.place(for: instruction)
        let isFound = unsafe clibunwind_find_rules(cursor, instruction.rawValue, place) == 0
        let failure = isFound ? nil : memory.takeFailure()
        let landmark = StackLandmark(callAt: instruction, in: context)
        // Another failure may not happen for the next stack.
        let isMissing = if case .noInformation = failure { true } else { false }
        missingReason = failure ?? .badInformation
        landmarks[instruction] = landmark
        unsafe place.pointee.is_landmark = landmark == nil ? 0 : 1
        unsafe place.pointee.is_missing = isFound ? 0 : 1
        if isFound || isMissing && context.code.isStable(at: instruction) { cache.keep(instruction) }
        return unsafe place
    }

    /// Why the rules are missing that were asked for last, if they are.
    private var missingReason = UnwindMemory.Failure.noInformation
    private static let landmarkLimit = 4096

    /// The registers of the frame that the last step led to, or, when it had no information or lacked a register for
    /// the frame's address, began at.
    ///
    /// - Parameter all: whether those are known that a callee need not preserve: only where a signal interrupted.
    func registers(all: Bool = false) -> NativeRegisters {
        var registers = NativeRegisters()
        for name in all ? NativeRegisters.Name.allCases : NativeRegisters.Name.preservedByCalls {
            registers[name] = register(name)
        }
        _ = memory.takeFailure()
        return registers
    }

    /// Where the value of a register that calls preserve is kept; `nil` where that isn't known.
    func origin(of name: NativeRegisters.Name) -> CopyPlan.Step.Origin? {
        var address: unw_word_t = 0
        // Safe: as in `register`.
        return switch unsafe clibunwind_save_location(cursor, CInt(name.rawValue), &address) {
        case 1: .memory(Address(rawValue: address))
        case 0: .register(UInt8(name.rawValue))
        default: nil
        }
    }

    private func register(_ name: NativeRegisters.Name) -> UInt64? {
        var value: unw_word_t = 0
        // Safe: the numbers of libunwind and DWARF are the same (libunwind-x86_64.h).
        return unsafe clibunwind_get_register(cursor, CInt(name.rawValue), &value) == 0 ? value : nil
    }
}

/// The rules of the instructions that were seen last: a fixed number of places, each for the addresses of one hash.
@safe private final class RuleCache {
    private static let placeBits: UInt64 = 13
    private static let placeCount = 1 << Int(placeBits)

    /// Zero in a place without rules.
    private var instructions = [UInt64](repeating: 0, count: placeCount)
    private let places: UnsafeMutablePointer<clibunwind_rules>

    init() {
        // Memory that no rules were put into is never touched.
        unsafe places = .allocate(capacity: Self.placeCount)
    }

    deinit { unsafe places.deallocate() }

    func removeAll() {
        for index in instructions.indices { instructions[index] = 0 }
    }

    /// The rules of an instruction, if they are kept.
    @unsafe func rules(of instruction: Address) -> UnsafeMutablePointer<clibunwind_rules>? {
        let index = Self.index(of: instruction)
        guard instruction.rawValue != 0 else { return nil }
        return unsafe instructions[index] == instruction.rawValue ? places + index : nil
    }

    /// Where the rules of an instruction are to be put; what is there is forgotten.
    @unsafe func place(for instruction: Address) -> UnsafeMutablePointer<clibunwind_rules> {
        let index = Self.index(of: instruction)
        instructions[index] = 0
        return unsafe places + index
    }

    /// To be called when the rules have been put in their place.
    func keep(_ instruction: Address) { instructions[Self.index(of: instruction)] = instruction.rawValue }

    /// Fibonacci hashing (Knuth, The Art of Computer Programming, section 6.4).
    private static func index(of instruction: Address) -> Int {
        Int((instruction.rawValue &* 0x9e37_79b9_7f4a_7c15) >> (64 - placeBits))
    }
}

// Safe in all three: the context is the UnwindMemory that `begin` passed, which the space keeps alive.

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
        guard let word = memory.word(at: Address(rawValue: address)) else { return clibunwind_error_invalid() }
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
