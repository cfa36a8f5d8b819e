internal import ProfileModel

/// The code that a signal handler returns to (`sa_restorer`, sigreturn(2)), recognised by its bytes: `mov $15, %eax` or
/// `%rax`, and `syscall`.
enum SignalReturn {
    private static let systemCall: [UInt8] = [0x0f, 0x05]
    private static let moves: [[UInt8]] = [[0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0], [0xb8, 0x0f, 0, 0, 0]]
    private static let sequences = moves.map { $0 + systemCall }
    private static let longest = 9

    /// Whether it begins at `address`.
    static func begins(at address: Address, in source: any CodeSource) -> Bool {
        let code = source.bytes(at: address, count: longest)
        return sequences.contains { code.starts(with: $0) }
    }

    /// Whether `pc` is in it, or behind its system call, while the kernel carries that out.
    static func contains(_ pc: Address, in source: any CodeSource) -> Bool {
        if begins(at: pc, in: source) { return true }
        let code = source.bytes(at: pc.lowered(by: 2), count: 4)
        guard code.starts(with: systemCall) || code.dropFirst(2).elementsEqual(systemCall) else { return false }
        return sequences.contains { sequence in
            [sequence.count - systemCall.count, sequence.count].contains { distance in
                source.bytes(at: pc.lowered(by: UInt64(distance)), count: longest).starts(with: sequence)
            }
        }
    }
}

/// What the kernel saved of a thread that a signal interrupted: `struct ucontext` of x86-64, asm/ucontext.h, and
/// `struct sigcontext_64`, asm/sigcontext.h.
struct SignalFrame {
    static let stackPointerOffset: UInt64 = 160

    let registers: NativeRegisters

    enum Failure: Error {
        case unreadable(Address)
        /// It isn't what a kernel writes.
        case implausible
    }

    private static let offsets: [(NativeRegisters.Name, UInt64)] = [
        (.r8, 40), (.r9, 48), (.r10, 56), (.r11, 64), (.r12, 72), (.r13, 80), (.r14, 88), (.r15, 96), (.rdi, 104),
        (.rsi, 112), (.rbp, 120), (.rbx, 128), (.rdx, 136), (.rax, 144), (.rcx, 152), (.rsp, stackPointerOffset),
        (.rip, 168),
    ]
    /// `UC_FP_XSTATE`, `UC_SIGCONTEXT_SS` and `UC_STRICT_RESTORE_SS`.
    private static let knownFlags: UInt64 = 7
    /// `__USER_CS`.
    private static let codeSegment: UInt64 = 0x33

    /// - Parameter address: of the ucontext: the stack pointer when the handler has returned.
    init(at address: Address, in stack: StackMemory) throws(Failure) {
        func word(_ offset: UInt64) throws(Failure) -> UInt64 {
            let place = address.advanced(by: offset)
            guard let word = stack.word(at: place) else { throw .unreadable(place) }
            return word
        }
        guard try word(0) <= Self.knownFlags, try word(8) == 0, try word(184) & 0xffff == Self.codeSegment else {
            throw .implausible
        }
        var registers = NativeRegisters()
        for (name, offset) in Self.offsets { registers[name] = try word(offset) }
        self.registers = registers
    }
}
