internal import ProfileModel

/// A frame as a thread's chain of frames has it: a function that runs, or the mark of a loop.
struct CPythonFrame: Hashable, Sendable {
    let address: Address
    let code: Address
    /// `f_lasti`, or the address of the instruction, as the layout has it.
    let instruction: UInt64
    let previous: Address?
    /// Whether it is a variable of an interpreter loop, below whose functions it lies in the chain (3.12 and later).
    let marksLoop: Bool
    /// Whether it is the outermost one of its loop (3.11).
    let isEntry: Bool

    /// `nil` where not all of it was copied.
    init?(at address: Address, _ layout: CPythonLayout.Frame, in memory: CopiedMemory) {
        guard let code = memory.copiedWord(at: address.advanced(by: UInt64(layout.code))),
            let previous = memory.copiedWord(at: address.advanced(by: UInt64(layout.previous)))
        else { return nil }
        self.address = address
        self.code = Address(rawValue: code & ~Self.tags)
        self.previous = previous == 0 ? nil : Address(rawValue: previous)
        switch layout.instruction {
        case .index(let offset, let unit):
            guard let word = memory.copiedHalfWord(at: address.advanced(by: UInt64(offset))) else { return nil }
            // -1 before the first instruction.
            instruction = word == .max ? 0 : UInt64(word) &* UInt64(unit)
        case .pointer(let offset):
            guard let word = memory.copiedWord(at: address.advanced(by: UInt64(offset))) else { return nil }
            instruction = word
        }
        switch layout.entry {
        case .each: (marksLoop, isEntry) = (false, true)
        case .flag(let offset):
            guard let byte = memory.bytes(at: address.advanced(by: UInt64(offset)), count: 1).first else { return nil }
            (marksLoop, isEntry) = (false, byte != 0)
        case .owner(let offset, let loop):
            guard let byte = memory.bytes(at: address.advanced(by: UInt64(offset)), count: 1).first else { return nil }
            (marksLoop, isEntry) = (byte == loop, false)
        }
    }

    /// The two lowest bits of a reference on the stack (3.14 and later); objects lie on multiples of eight.
    private static let tags: UInt64 = 3
}

extension CopiedMemory {
    /// The little-endian half of a word at `address`.
    fileprivate func copiedHalfWord(at address: Address) -> UInt32? {
        let bytes = bytes(at: address, count: 4)
        return bytes.count == 4 ? UInt32(truncatingIfNeeded: bytes.littleEndianWord(at: 0, count: 4)) : nil
    }
}
