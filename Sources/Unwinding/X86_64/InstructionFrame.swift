internal import ProfileModel

/// Where a frame keeps what its caller needs, as far as the instruction determines it at which it was interrupted: before
/// `push rbp; mov rbp, rsp` is complete, after `pop rbp`, at a return, and in a stub of a procedure linkage table.
struct InstructionFrame {
    /// From the stack pointer to the return address.
    let returnOffset: UInt64
    /// From the stack pointer to the caller's frame pointer; `nil` when the register still has it.
    let framePointerOffset: UInt64?

    private static let endbr64: [UInt8] = [0xf3, 0x0f, 0x1e, 0xfa]

    init?(at pc: Address, in source: any CodeSource) {
        var code = source.bytes(at: pc, count: 16)
        if code.starts(with: Self.endbr64) { code.removeFirst(4) }
        let previous = source.bytes(at: pc.lowered(by: 1), count: 1).first
        if Prologue.isMove(code), previous == Prologue.push {
            self.init(returnOffset: 8, framePointerOffset: 0)
        } else if code.first == Prologue.push || Self.isReturn(code) || Self.isStub(code) {
            self.init(returnOffset: 0, framePointerOffset: nil)
        } else if Self.isJump(code), previous == Self.popFramePointer || previous == Self.leave {
            self.init(returnOffset: 0, framePointerOffset: nil)
        } else {
            return nil
        }
    }

    private init(returnOffset: UInt64, framePointerOffset: UInt64?) {
        self.returnOffset = returnOffset
        self.framePointerOffset = framePointerOffset
    }

    private static let popFramePointer: UInt8 = 0x5d
    private static let leave: UInt8 = 0xc9

    private static func isReturn(_ code: [UInt8]) -> Bool {
        code.first == 0xc3 || code.first == 0xc2 || code.starts(with: [0xf3, 0xc3])
    }

    private static func isJump(_ code: [UInt8]) -> Bool {
        code.first == 0xe9 || code.first == 0xeb || code.starts(with: [0xff, 0xe0])
    }

    /// `jmp *offset(%rip)`, also with a `bnd` prefix: the stack is as the caller left it.
    private static func isStub(_ code: [UInt8]) -> Bool {
        code.starts(with: [0xff, 0x25]) || code.starts(with: [0xf2, 0xff, 0x25])
    }
}

/// The instructions by which a function sets up its frame pointer (Intel SDM volume 2).
enum Prologue {
    /// `push rbp`.
    static let push: UInt8 = 0x55
    private static let longestSearch: UInt64 = 1024

    /// Whether the code begins with `mov rbp, rsp`, in either encoding.
    static func isMove(_ code: [UInt8]) -> Bool {
        code.starts(with: [0x48, 0x89, 0xe5]) || code.starts(with: [0x48, 0x8b, 0xec])
    }

    /// Whether a function that begins at `start` has set up its frame pointer somewhere before `pc`.
    static func setsFramePointer(from start: Address, before pc: Address, in source: any CodeSource) -> Bool {
        guard start < pc else { return false }
        let code = source.bytes(at: start, count: Int(min(pc.rawValue - start.rawValue, longestSearch)))
        var offset = 0
        var isPushed = false
        while let instruction = MachineInstruction(in: code, at: offset, base: start) {
            if isPushed, instruction.operation == .copy(to: .rbp, from: .rsp) { return true }
            isPushed = instruction.operation == .push(.rbp, 8)
            offset += instruction.length
        }
        return false
    }
}
