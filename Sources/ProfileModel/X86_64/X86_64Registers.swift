/// The registers that unwinding needs, numbered as in DWARF for x86-64 (System V ABI, figure 3.36).
package struct X86_64Registers: Sendable {
    /// A register by its DWARF number.
    package enum Name: Int, CaseIterable, Sendable {
        case rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15, rip
    }

    /// How much below the stack pointer a function without calls may use (System V ABI for x86-64, section 3.2.2).
    package static let redZone: UInt64 = 128

    private var values = InlineArray<17, UInt64>(repeating: 0)
    private var knownMask: UInt32 = 0
    /// `fs_base`: where the thread's control block is, which begins with its own address.
    ///
    /// `nil` while it is not known, as in samples of perf_event, which don't record it.
    package var threadPointer: Address?

    /// No register is known.
    package init() {}

    /// The value of a register; `nil` while it is not known, as for a sleeping thread's callee-saved registers.
    package subscript(name: Name) -> UInt64? {
        get { knownMask & (1 << UInt32(name.rawValue)) == 0 ? nil : values[name.rawValue] }
        set {
            let bit = UInt32(1) << UInt32(name.rawValue)
            knownMask = newValue == nil ? knownMask & ~bit : knownMask | bit
            values[name.rawValue] = newValue ?? 0
        }
    }
}

// MARK: - What every architecture has

extension X86_64Registers.Name {
    package static var programCounter: Self { .rip }
    package static var stackPointer: Self { .rsp }
    package static var framePointer: Self { .rbp }
    /// The six that hold a system call's arguments (System V ABI for x86-64, appendix A.2.1).
    package static var systemCallArguments: [Self] { [.rdi, .rsi, .rdx, .r10, .r8, .r9] }
}

extension X86_64Registers {
    package var programCounter: Address? {
        get { address(in: .programCounter) }
        set { self[.programCounter] = newValue?.rawValue }
    }

    package var stackPointer: Address? {
        get { address(in: .stackPointer) }
        set { self[.stackPointer] = newValue?.rawValue }
    }

    /// What the frame pointer register holds: an address only in code that keeps frame pointers.
    package var framePointer: Address? {
        get { address(in: .framePointer) }
        set { self[.framePointer] = newValue?.rawValue }
    }

    private func address(in name: Name) -> Address? { self[name].map(Address.init(rawValue:)) }
}
