internal import ProfileModel

/// Code that begins a stack: of a program, or of a thread.
///
/// By the System V ABI for x86-64, section 3.4.1, such code clears the frame pointer, and nothing remains to return to.
enum EntryCode {
    private static let longestStart = 64
    private static let longestEnd = 12
    /// `xor ebp, ebp` in both encodings; a prefix makes it `xor rbp, rbp`.
    private static let clearing: [[UInt8]] = [[0x31, 0xed], [0x33, 0xed]]

    /// Whether straight code that clears the frame pointer leads to the call that ends at `address`.
    static func marksOutermostFrame(before address: Address, in code: any CodeSource) -> Bool {
        let start = address.lowered(by: UInt64(longestStart))
        let bytes = code.bytes(at: start, count: longestStart)
        guard bytes.count == longestStart else { return false }
        return bytes.indices.dropLast().contains { index in
            clearing.contains { bytes[index...].starts(with: $0) } && isStraight(bytes, from: index, base: start)
        }
    }

    static func clearsFramePointer(at address: Address, in code: any CodeSource) -> Bool {
        let bytes = code.bytes(at: address, count: 3)
        return clearing.contains { bytes.starts(with: $0) || bytes.dropFirst().starts(with: $0) && bytes.first == 0x48 }
    }

    private static func isStraight(_ bytes: [UInt8], from first: Int, base: Address) -> Bool {
        var offset = first
        while let instruction = MachineInstruction(in: bytes, at: offset, base: base) {
            offset += instruction.length
            switch instruction.operation {
            case .call: if offset == bytes.count { return true }
            case .jump, .conditionalJump, .leaveFunction, .trap, .breakpoint: return false
            default: break
            }
        }
        return false
    }

    /// Whether straight code from `address` ends in an instruction behind which nothing is executed.
    static func neverReturns(from address: Address, in code: any CodeSource) -> Bool {
        var window = CodeWindow()
        var address = address
        for _ in 0..<longestEnd {
            guard let instruction = window.instruction(at: address, in: code) else { return false }
            switch instruction.operation {
            case .trap, .jump(target: address): return true
            case .jump, .conditionalJump, .leaveFunction, .breakpoint: return false
            default: address = address.advanced(by: UInt64(instruction.length))
            }
        }
        return false
    }
}
