package import ProfileModel

/// A frame as a thread's chain of frames has it: a function that runs, or the mark of a loop.
package struct CPythonFrame: Hashable, Sendable {
    package let address: Address
    let code: Address
    /// How many bytes after the first one it is, or its address, as the layout has it; `nil` before the first one.
    let instruction: UInt64?
    let previous: Address?
    /// Whether it is a variable of an interpreter loop, below whose functions it lies in the chain (3.12 and later).
    let marksLoop: Bool
    /// Whether it is the outermost function of an interpreter loop (3.11).
    let isEntry: Bool
    /// Which of the threads' copies of the instructions it executes; 0 for the code object's own.
    let threadCode: UInt32

    /// `nil` where not all of it was copied.
    init?(at address: Address, _ whole: CPythonLayout, in memory: CopiedMemory) {
        let layout = whole.frame
        guard let code = memory.copiedWord(at: address.advanced(by: UInt64(layout.code))),
            let previous = memory.copiedWord(at: address.advanced(by: UInt64(layout.previous)))
        else { return nil }
        self.address = address
        self.code = Address(rawValue: code & ~Self.tags)
        self.previous = previous == 0 ? nil : Address(rawValue: previous)
        switch layout.instruction {
        case .index(let offset, let unit):
            guard let word = memory.copiedHalfWord(at: address.advanced(by: UInt64(offset))) else { return nil }
            instruction = word == .max ? nil : UInt64(word) &* UInt64(unit)
        case .pointer(let offset):
            guard let word = memory.copiedWord(at: address.advanced(by: UInt64(offset))) else { return nil }
            instruction = word
        }
        threadCode = whole.threadCode.flatMap { memory.copiedHalfWord(at: address.offset(by: $0.index)) } ?? 0
        func byte(at offset: Int) -> UInt8? { memory.bytes(at: address.offset(by: offset), count: 1).first }
        switch layout.entry {
        case .each: (marksLoop, isEntry) = (false, false)
        case .controlFrame(let offset):
            guard let byte = byte(at: offset) else { return nil }
            (marksLoop, isEntry) = (false, byte != 0)
        case .owner(let offset, let loop):
            guard let owner = byte(at: offset) else { return nil }
            (marksLoop, isEntry) = (owner == loop, false)
        }
    }

    /// The two lowest bits of a reference on the stack (3.14 and later); objects lie on multiples of eight.
    private static let tags: UInt64 = 3
}

extension CopiedMemory {
    /// The little-endian half of a word at `address`.
    func copiedHalfWord(at address: Address) -> UInt32? {
        let bytes = bytes(at: address, count: 4)
        return bytes.count == 4 ? UInt32(truncatingIfNeeded: bytes.littleEndianWord(at: 0, count: 4)) : nil
    }
}
