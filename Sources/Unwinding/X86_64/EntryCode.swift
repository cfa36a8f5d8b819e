internal import ProfileModel

/// Code that begins a stack: of a program, or of a thread.
///
/// By the System V ABI for x86-64, section 3.4.1, such code clears the frame pointer, and nothing remains to return to.
enum EntryCode {
    private static let longestStart = 64
    private static let longestEnd = 12
    /// `xor ebp, ebp` in both encodings; a prefix makes it `xor rbp, rbp`.
    private static let clearing: [[UInt8]] = [[0x31, 0xed], [0x33, 0xed]]

    /// Whether straight code that clears the frame pointer, and uses it for nothing else, leads to the call that ends at
    /// `address`.
    static func marksOutermostFrame(before address: Address, in code: any CodeSource) -> Bool {
        let start = address.lowered(by: UInt64(longestStart))
        let bytes = code.bytes(at: start, count: longestStart)
        guard bytes.count == longestStart else { return false }
        // What the first byte belongs to is not known.
        return bytes.indices.dropFirst().contains { index in
            clearing.contains { bytes[index...].starts(with: $0) } && !isChanged(by: bytes[index - 1])
                && isStraight(bytes, from: index, base: start)
        }
    }

    /// Whether a byte before `xor ebp, ebp` makes it clear another register, or a part of the frame pointer: the operand
    /// size prefix, and REX.R and REX.B (Intel SDM volume 2, section 2.2.1).
    private static func isChanged(by prefix: UInt8) -> Bool {
        prefix == 0x66 || prefix & 0xf0 == 0x40 && prefix & 0x05 != 0
    }

    static func clearsFramePointer(at address: Address, in code: any CodeSource) -> Bool {
        let bytes = code.bytes(at: address, count: 3)
        return clearing.contains { bytes.starts(with: $0) || bytes.dropFirst().starts(with: $0) && bytes.first == 0x48 }
    }

    private static func isStraight(_ bytes: [UInt8], from first: Int, base: Address) -> Bool {
        var offset = first
        while let instruction = MachineInstruction(in: bytes, at: offset, base: base) {
            // Elsewhere it is a register as any other, which is zero by chance.
            guard offset == first || !instruction.usesFramePointer else { return false }
            offset += instruction.length
            switch instruction.operation {
            case .call: if offset == bytes.count { return true }
            case .jump, .conditionalJump, .leaveFunction, .trap, .breakpoint: return false
            default: break
            }
        }
        return false
    }

    /// Whether straight code from `address` ends in an instruction behind which nothing is executed: `hlt`, which only the
    /// kernel may execute, a jump to itself, or a trap behind a system call.
    ///
    /// Compilers put a trap alone (`ud2`) behind every call that never returns.
    static func neverReturns(from address: Address, in code: any CodeSource) -> Bool {
        var window = CodeWindow()
        var address = address
        var isBehindSystemCall = false
        for _ in 0..<longestEnd {
            guard let instruction = window.instruction(at: address, in: code), !instruction.usesFramePointer else {
                return false
            }
            switch instruction.operation {
            case .trap: return isBehindSystemCall || code.bytes(at: address, count: 1) == [halt]
            case .jump(target: address): return true
            case .jump, .conditionalJump, .leaveFunction, .breakpoint: return false
            default: address = address.advanced(by: UInt64(instruction.length))
            }
            isBehindSystemCall = instruction.operation == .systemCall
        }
        return false
    }

    private static let halt: UInt8 = 0xf4
}

extension MachineInstruction {
    fileprivate var usesFramePointer: Bool { reads(.framePointer) || writes(.framePointer) }
}
