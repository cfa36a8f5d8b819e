/// The registers that unwinding needs, numbered as in DWARF for x86-64 (System V ABI, figure 3.36).
package struct X86_64Registers: Sendable {
    /// A register by its DWARF number.
    package enum Name: Int, CaseIterable, Sendable {
        case rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15, rip
    }

    private var values = InlineArray<17, UInt64>(repeating: 0)
    private var knownMask: UInt32 = 0

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

/// The registers of the architecture that Sonde was built for.
package typealias NativeRegisters = X86_64Registers
