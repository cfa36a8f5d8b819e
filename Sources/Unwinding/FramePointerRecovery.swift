internal import ProfileModel

/// Computes a frame pointer that is not known, as in a sleeping thread, from the function's prologue.
///
/// A function that begins `push rbp; mov rbp, rsp; push …; sub rsp, N` has
/// `rbp = rsp + N + 8 × pushes` at each of its calls, where rsp is the callee's frame address.
/// The result is accepted only when the word above the saved frame pointer follows a call to this very function.
struct FramePointerRecovery {
    private static let longestPrologue = 64

    let memory: UnwindMemory

    /// The frame pointer in the frame at `position`; `nil` unless it is certain.
    func framePointer(of position: StackPosition) -> UInt64? {
        guard let start = memory.functionStart(covering: position.address.instruction) else { return nil }
        var prologue = PrologueReader(code: memory.code(at: start, count: Self.longestPrologue))
        guard let size = prologue.frameSize() else { return nil }
        let framePointer = position.stackPointer &+ size
        guard let target = memory.stackWord(at: Address(rawValue: framePointer &+ 8)),
            let site = CallSite(endingAt: Address(rawValue: target), in: memory)
        else { return nil }
        // An indirect call, or one through a stub, names no function.
        if let called = site.target, called != start, memory.functionStart(covering: called) == called { return nil }
        return framePointer
    }
}

/// Decodes the instructions of a prologue that move the stack pointer (Intel SDM volume 2).
private struct PrologueReader {
    private let code: [UInt8]
    private var offset = 0

    init(code: [UInt8]) { self.code = code }

    /// The bytes between the stack pointer and the frame pointer once the prologue has run; `nil` when the function does
    /// not begin by setting up a frame pointer.
    mutating func frameSize() -> UInt64? {
        _ = take([0xf3, 0x0f, 0x1e, 0xfa])
        guard take([0x55]), take([0x48, 0x89, 0xe5]) || take([0x48, 0x8b, 0xec]) else { return nil }
        var size: UInt64 = 0
        while takePush() { size += 8 }
        if take([0x48, 0x83, 0xec]), let byte = takeByte() { return byte < 0x80 ? size + UInt64(byte) : nil }
        if take([0x48, 0x83, 0xc4, 0x80]) { return size + 128 }
        if take([0x48, 0x81, 0xec]), let distance = takeUInt32() { return size + UInt64(distance) }
        return size
    }

    private mutating func takePush() -> Bool {
        let mark = offset
        _ = take([0x41])
        if offset < code.count, code[offset] & 0xf8 == 0x50 {
            offset += 1
            return true
        }
        offset = mark
        return false
    }

    private mutating func take(_ pattern: [UInt8]) -> Bool {
        guard code.dropFirst(offset).starts(with: pattern) else { return false }
        offset += pattern.count
        return true
    }

    private mutating func takeByte() -> UInt8? {
        guard offset < code.count else { return nil }
        defer { offset += 1 }
        return code[offset]
    }

    private mutating func takeUInt32() -> UInt32? {
        guard offset + 4 <= code.count else { return nil }
        defer { offset += 4 }
        return code[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
