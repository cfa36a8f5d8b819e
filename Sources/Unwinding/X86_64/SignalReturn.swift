internal import ProfileModel

/// The code that a signal handler returns to (`sa_restorer`, sigreturn(2)), recognised by what it does: `syscall` with 15
/// in `rax`.
enum SignalReturn {
    private static let number: UInt64 = 15
    private static let systemCallSize: UInt64 = 2
    /// `mov $15, %eax`, and the same of `%rax`.
    private static let sizesOfMove: [UInt64] = [5, 7]

    /// Whether it begins at `address`.
    static func begins(at address: Address, in source: any CodeSource) -> Bool {
        SystemCallCode(from: address, in: source)?.number == number
    }

    private static let systemCall: [UInt8] = [0x0f, 0x05]
    private static let jumps: [UInt8] = [0xe9, 0xeb]
    private static let longest = 64

    /// Whether `pc` may be in it, as a few bytes show.
    static func isNear(_ pc: Address, in source: any CodeSource) -> Bool {
        let code = source.bytes(at: pc, count: longest)
        if let first = code.first, jumps.contains(first) { return true }
        return code.indices.contains { code[$0...].starts(with: systemCall) }
            || source.bytes(at: pc.lowered(by: systemCallSize), count: systemCall.count) == systemCall
    }

    /// Whether `pc` is in it, or behind its system call, while the kernel carries that out.
    ///
    /// - Parameter accumulator: what `rax` holds, if that is known.
    static func contains(_ pc: Address, accumulator: UInt64?, in source: any CodeSource) -> Bool {
        if SystemCallCode(from: pc, accumulator: accumulator, in: source)?.number == number { return true }
        // What the register holds is not known, or the kernel has changed it.
        let end = SystemCallCode(from: pc, accumulator: number, in: source)?.end ?? pc
        let place = end.lowered(by: systemCallSize)
        let starts = sizesOfMove.map(place.lowered(by:)) + [source.function(covering: place)?.range.lowerBound]
        return starts.contains { start in
            guard let start, start <= pc, let found = SystemCallCode(from: start, in: source) else { return false }
            return found.number == number && found.end == end
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
