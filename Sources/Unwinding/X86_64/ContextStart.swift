internal import ProfileModel

/// The code that a function of makecontext(3) returns to, recognised by its bytes: `__start_context` in glibc's
/// sysdeps/unix/sysv/linux/x86_64/__start_context.S, which has no name in a stripped library.
enum ContextStart {
    private static let branchTarget: [UInt8] = [0xf3, 0x0f, 0x1e, 0xfa]
    /// `mov %rbx, %rsp; mov (%rsp), %rdi; test %rdi, %rdi; je`.
    private static let code: [UInt8] = [0x48, 0x89, 0xdc, 0x48, 0x8b, 0x3c, 0x24, 0x48, 0x85, 0xff, 0x74]
    private static let marked = branchTarget + code

    static func begins(at address: Address, in source: any CodeSource) -> Bool {
        let bytes = source.bytes(at: address, count: marked.count)
        return bytes.starts(with: code) || bytes.starts(with: marked)
    }
}
