internal import ProfileModel

extension X86_64Registers.Name {
    /// The registers of a sample, in their order there (`<asm/perf_regs.h>`).
    static let sampled: [Self] = [
        .rax, .rbx, .rcx, .rdx, .rsi, .rdi, .rbp, .rsp, .rip, .r8, .r9, .r10, .r11, .r12, .r13, .r14, .r15,
    ]
}
