package import ProfileModel
internal import SystemSupport

/// A native stack, and where its frames lie.
package struct NativeStack: Sendable {
    /// A frame with the part of the stack that belongs to it: from its stack pointer to that of its caller.
    package struct NativeFrame: Sendable {
        package let frame: RawFrame
        package let stackPointer: Address
        /// `nil` in the outermost frame that is known.
        package let end: Address?

        package init(frame: RawFrame, stackPointer: Address, end: Address?) {
            self.frame = frame
            self.stackPointer = stackPointer
            self.end = end
        }

        /// Whether a variable at that address can be the frame's.
        func holds(_ address: Address) -> Bool {
            stackPointer <= address && end.map { address < $0 } ?? true
        }
    }

    /// Leaf first.
    package let frames: [NativeFrame]
    package let ending: StackEnding
    /// What the frames lie in: the thread's stack, from its lowest address.
    ///
    /// The stacks of other threads may follow it, as from glibc 2.42 on guard pages are no mappings of their own.
    package let extent: Range<Address>
    /// The part of it in which the frames lie that are known; of a truncated stack, up to the end of what was copied.
    let used: Range<Address>
    package let registers: NativeRegisters
    /// The copies of the stack.
    package let memory: CopiedMemory
    /// The same, and what was copied of the interpreter at the same time.
    package let all: CopiedMemory
    /// Where the copies of the interpreter begin.
    package let interpreterStarts: Set<Address>
    /// When it was copied, in nanoseconds of `CLOCK_MONOTONIC`.
    package let time: UInt64

    /// - Parameter stackPointers: those of the stack's frames, in the same order.
    package init(
        _ stack: RawStack, stackPointers: [Address], extent: Range<Address>, registers: NativeRegisters,
        windows: [StackWindow], interpreter: [StackWindow], time: UInt64
    ) {
        let ends = stackPointers.dropFirst().map(Optional.some) + [nil]
        frames = zip(zip(stack.frames, stackPointers), ends).map { pair, end in
            NativeFrame(frame: pair.0, stackPointer: pair.1, end: end)
        }
        ending = stack.ending
        self.extent = extent
        self.registers = registers
        memory = CopiedMemory(windows)
        let own = stackPointers.filter(extent.contains)
        let end =
            if case .rootReached = stack.ending { own.max() } else { memory.end.map { min($0, extent.upperBound) } }
        used = own.min().map { $0..<max($0, end ?? $0) } ?? extent
        all = interpreter.isEmpty ? memory : CopiedMemory(windows + interpreter)
        interpreterStarts = Set(interpreter.map(\.base))
        self.time = time
    }
}

/// Copies of parts of a process's memory that were made at one time.
package struct CopiedMemory: RuntimeMemory, Sendable {
    /// In the order of their addresses.
    private let windows: [StackWindow]

    package init(_ windows: [StackWindow]) { self.windows = windows.sorted { $0.base < $1.base } }

    /// The first address above all copies.
    var end: Address? { windows.map(\.end).max() }

    package func bytes(at address: Address, count: Int) -> [UInt8] {
        guard let window = window(holding: address) else { return [] }
        let offset = Int(address.rawValue - window.base.rawValue)
        return Array(window.bytes[offset...].prefix(count))
    }

    /// The little-endian word at `address`; `nil` where not all of it was copied.
    package func copiedWord(at address: Address) -> UInt64? { window(holding: address)?.word(at: address) }

    /// Whether a word on an eight-byte boundary within a range is `value`.
    package func holds(_ value: UInt64, in range: Range<Address>) -> Bool {
        windows.contains { window in
            let start = max(window.base, range.lowerBound)
            let end = min(window.end, range.upperBound)
            guard start < end else { return false }
            let first = (start.rawValue + 7) & ~7
            return stride(from: first, to: end.rawValue, by: 8).contains {
                window.word(at: Address(rawValue: $0)) == value
            }
        }
    }

    /// Overlapping windows may both hold it; the one with the higher base is taken, or else the one before it.
    private func window(holding address: Address) -> StackWindow? {
        windows[..<windows.partitionPoint { $0.base <= address }].last { $0.contains(address) }
    }
}
