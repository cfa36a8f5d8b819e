internal import ProfileModel

/// All registers of a thread that was stopped once in a sleep, and what its stack was then.
///
/// The stop makes the thread enter its system call anew, which is another sleep in the same place.
struct CompletedSleep {
    private let registers: NativeRegisters
    private let base: Address
    private let count: Int
    /// Seeded anew in each run of Sonde: a target can't choose bytes that collide.
    private let digest: Int
    private let ignored: Range<Address>

    /// - Parameter ignored: what the kernel writes to, and the thread's functions don't.
    init(_ snapshot: StackSnapshot, ignoring ignored: Range<Address>) {
        registers = snapshot.registers
        self.ignored = ignored
        base = snapshot.stack.base
        count = snapshot.stack.bytes.count
        digest = snapshot.stack.digest(without: ignored)
    }

    /// The snapshot with all registers, if it shows the same place and the same bytes all over the stack.
    func completed(_ snapshot: StackSnapshot) -> StackSnapshot? {
        guard snapshot.registers.programCounter == registers.programCounter,
            snapshot.registers.stackPointer == registers.stackPointer,
            snapshot.stack.base == base, snapshot.stack.bytes.count == count,
            snapshot.stack.digest(without: ignored) == digest
        else { return nil }
        return StackSnapshot(
            process: snapshot.process, thread: snapshot.thread, registers: registers, stack: snapshot.stack)
    }
}

extension StackWindow {
    fileprivate func digest(without ignored: Range<Address>) -> Int {
        let (first, second) = (offset(of: ignored.lowerBound), offset(of: ignored.upperBound))
        var hasher = Hasher()
        // Safe: both offsets are within the bytes, and the second is not below the first.
        unsafe bytes.withUnsafeBytes { memory in
            unsafe hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: memory[..<first]))
            unsafe hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: memory[second...]))
        }
        return hasher.finalize()
    }

    /// Where an address lies among the bytes, or the nearest of them.
    private func offset(of address: Address) -> Int {
        Int(min(address.rawValue - min(base.rawValue, address.rawValue), UInt64(bytes.count)))
    }
}
