internal import ProfileModel

/// The instructions by which assembly of Go's runtime goes back to the stack that it came from, after a call.
///
/// Source: `asmcgocall` and `systemstack` in Go's runtime/asm_amd64.s, `nanotime1` and `walltime` in sys_linux_amd64.s.
enum GoSwitchCode {
    static let longest = 64

    static func stackSwitch(_ code: [UInt8]) -> StackSwitch? {
        if let (goroutine, depth) = savedGoroutine(code) {
            return .goroutine(slot: goroutine, depthSlot: depth)
        }
        if let slot = savedStackPointer(code) { return .saved(slot: slot) }
        if restoresFromRegister(code) { return .register(.r12) }
        return isSystemStack(code) ? .systemStack : nil
    }

    /// `mov g(%rsp), %rdi; mov 8(%rdi), %rsi; sub depth(%rsp), %rsi`: the goroutine's stack ends at `g->stack.hi`.
    private static func savedGoroutine(_ code: [UInt8]) -> (goroutine: UInt64, depth: UInt64)? {
        // Position-independent code first finds its thread-local variable.
        for offset in [0, 7, 9] {
            guard let goroutine = stackOperand(code, offset, [0x48, 0x8b], register: 7) else { continue }
            guard let limit = matches(code, goroutine.end, [0x48, 0x8b, 0x77, 0x08]),
                let depth = stackOperand(code, limit, [0x48, 0x2b], register: 6)
            else { continue }
            return (goroutine.displacement, depth.displacement)
        }
        return nil
    }

    /// `mov slot(%rsp), %rsi; mov %rsi, %rsp`.
    private static func savedStackPointer(_ code: [UInt8]) -> UInt64? {
        guard let slot = stackOperand(code, 0, [0x48, 0x8b], register: 6),
            matches(code, slot.end, [0x48, 0x89, 0xf4]) != nil
        else { return nil }
        return slot.displacement
    }

    /// `mov %r12, %rsp` behind a few loads of what `clock_gettime` put on the stack, or the next call of it.
    static func restoresFromRegister(_ code: [UInt8]) -> Bool {
        var offset = 0
        while offset < longest, let instruction = MachineInstruction(in: code, at: offset, base: Address(rawValue: 0)) {
            if instruction.operation == .copy(to: .rsp, from: .r12) { return true }
            switch instruction.operation {
            case .call: break
            case .jump, .conditionalJump, .leaveFunction, .trap: return false
            default: guard !instruction.writes(.r12), !instruction.writes(.rsp) else { return false }
            }
            offset += instruction.length
        }
        return false
    }

    /// `mov g, %rax; mov 0x30(%rax), %rbx; mov m_curg(%rbx), %rax; …; mov 0x38(%rax), %rsp`.
    private static func isSystemStack(_ code: [UInt8]) -> Bool {
        guard let first = find(code, [0x48, 0x8b, 0x58, 0x30, 0x48, 0x8b, 0x83], before: 24) else { return false }
        return find(code, [0x48, 0x8b, 0x60, 0x38], before: longest, after: first) != nil
    }

    // MARK: - Bytes

    /// An instruction with a general register and `displacement(%rsp)`.
    private static func stackOperand(
        _ code: [UInt8], _ offset: Int, _ opcode: [UInt8], register: UInt8
    ) -> (displacement: UInt64, end: Int)? {
        if let end = matches(code, offset, opcode + [0x44 | register << 3, 0x24]), end < code.count, code[end] < 0x80 {
            return (UInt64(code[end]), end + 1)
        }
        return matches(code, offset, opcode + [0x04 | register << 3, 0x24]).map { (0, $0) }
    }

    /// The offset behind `bytes`, if they are at `offset`.
    private static func matches(_ code: [UInt8], _ offset: Int, _ bytes: [UInt8]) -> Int? {
        code.dropFirst(offset).starts(with: bytes) ? offset + bytes.count : nil
    }

    private static func find(_ code: [UInt8], _ bytes: [UInt8], before end: Int, after start: Int = 0) -> Int? {
        (start..<max(start, end)).first { matches(code, $0, bytes) != nil }
    }
}
