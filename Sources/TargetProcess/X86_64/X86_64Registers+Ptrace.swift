internal import CLinux
internal import ProfileModel

extension X86_64Registers {
    /// All registers, as ptrace(2) reads them of a stopped thread.
    init(_ read: clinux_registers) {
        self.init()
        let values = read.dwarf
        (self[.rax], self[.rdx], self[.rcx], self[.rbx]) = (values.0, values.1, values.2, values.3)
        (self[.rsi], self[.rdi], self[.rbp], self[.rsp]) = (values.4, values.5, values.6, values.7)
        (self[.r8], self[.r9], self[.r10], self[.r11]) = (values.8, values.9, values.10, values.11)
        (self[.r12], self[.r13], self[.r14], self[.r15]) = (values.12, values.13, values.14, values.15)
        self[.rip] = values.16
        threadPointer = Address(rawValue: read.thread_pointer)
    }
}
