/// The registers of the architecture that Sonde was built for.
package typealias NativeRegisters = X86_64Registers

/// One thread at one time: its registers, a copy of the used part of its stack, and of where that goes on.
///
/// Every sampler, and every recorded fixture, produces this value, and the unwinder consumes nothing else of a thread.
package struct StackSnapshot: Sendable {
    package let process: ProcessID
    package let thread: ThreadID
    package let registers: NativeRegisters
    package let stack: StackWindow
    /// What else was copied of the thread by a plan: how its stack goes on elsewhere.
    package let windows: [StackWindow]
    /// What was copied of its interpreter at the same time.
    package let interpreter: [StackWindow]
    /// Return addresses in the kernel, leaf first; empty where the thread was in user space, or it was not recorded.
    package let kernelStack: [Address]

    package init(
        process: ProcessID, thread: ThreadID, registers: NativeRegisters, stack: StackWindow,
        windows: [StackWindow] = [], interpreter: [StackWindow] = [], kernelStack: [Address] = []
    ) {
        self.process = process
        self.thread = thread
        self.registers = registers
        self.stack = stack
        self.windows = windows
        self.interpreter = interpreter
        self.kernelStack = kernelStack
    }

    /// Bytes of all copies together.
    package var byteCount: Int { (windows + interpreter).reduce(stack.bytes.count) { $0 + $1.bytes.count } }
}

/// A copy of memory: the bytes from `base` upward.
package struct StackWindow: Sendable {
    package let base: Address
    package let bytes: [UInt8]

    package init(base: Address, bytes: [UInt8]) {
        self.base = base
        self.bytes = bytes
    }

    /// The first address above the copied bytes.
    package var end: Address { base.advanced(by: UInt64(bytes.count)) }

    /// Whether the byte at `address` was copied.
    package func contains(_ address: Address) -> Bool { address >= base && address < end }

    /// The little-endian word at `address`; `nil` where the window doesn't hold all eight bytes.
    package func word(at address: Address) -> UInt64? {
        guard address >= base, bytes.count >= 8 else { return nil }
        let offset = address.rawValue - base.rawValue
        guard offset <= UInt64(bytes.count - 8) else { return nil }
        return unsafe bytes.withUnsafeBytes { memory in
            // Safe: the guard left eight bytes after `offset`.
            unsafe UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: Int(offset), as: UInt64.self))
        }
    }
}
