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

    init(_ snapshot: StackSnapshot) {
        registers = snapshot.registers
        base = snapshot.stack.base
        count = snapshot.stack.bytes.count
        digest = snapshot.stack.digest
    }

    /// The snapshot with all registers, if it shows the same place and the same bytes all over the stack.
    func completed(_ snapshot: StackSnapshot) -> StackSnapshot? {
        guard snapshot.registers[.rip] == registers[.rip], snapshot.registers[.rsp] == registers[.rsp],
            snapshot.stack.base == base, snapshot.stack.bytes.count == count, snapshot.stack.digest == digest
        else { return nil }
        return StackSnapshot(
            process: snapshot.process, thread: snapshot.thread, registers: registers, stack: snapshot.stack)
    }
}

extension StackWindow {
    fileprivate var digest: Int {
        var hasher = Hasher()
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}
