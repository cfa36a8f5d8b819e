internal import ProfileModel

/// What calls leave in registers and on the stack (System V ABI for x86-64, sections 3.2 to 3.4 and figure 3.36).
extension X86_64Registers {
    /// Registers that call frame information may name: the general ones and the return address.
    static let callFrameRegisterCount: UInt64 = 17
    static let returnAddressColumn = UInt64(Name.rip.rawValue)
    /// `DW_CFA_def_cfa rsp, 8`: where the frame's address is when a call has just pushed the return address.
    static let frameAddressAfterCall: [UInt8] = [0x0c, 7, 8]
    /// From the frame's address to what the stack pointer points to as a function is entered.
    static let stackPointerAtEntry: Int64 = -8
    /// From the frame's address to the caller's frame pointer, in a function that keeps frame pointers.
    static let savedFramePointer: Int64 = -16
}

extension X86_64Registers.Name {
    static let preservedByCalls: [Self] = [.rbx, .rbp, .r12, .r13, .r14, .r15]
    static let clobberedByCalls: [Self] = [.rax, .rcx, .rdx, .rsi, .rdi, .r8, .r9, .r10, .r11]
    /// Bit n: the register of DWARF number n.
    static let maskClobberedByCalls = clobberedByCalls.reduce(UInt16(0)) { $0 | 1 << UInt16($1.rawValue) }
}
