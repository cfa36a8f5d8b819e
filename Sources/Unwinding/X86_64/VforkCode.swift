internal import ProfileModel

/// musl's `vfork`, which has no call frame information and keeps its return address in a register while the child runs on
/// the same stack: `pop %rdx; mov $58, %eax; syscall; push %rdx` (musl's src/process/x86_64/vfork.s).
enum VforkCode {
    static let returnAddress = NativeRegisters.Name.rdx
    private static let untilReturn: [UInt8] = [0x5a, 0xb8, 0x3a, 0, 0, 0, 0x0f, 0x05]
    private static let push: UInt8 = 0x52
    private static let code = untilReturn + [push]

    /// Whether `pc` is behind its system call.
    static func isWaiting(at pc: Address, in source: any CodeSource) -> Bool {
        source.bytes(at: pc.lowered(by: UInt64(untilReturn.count)), count: code.count) == code
    }
}
