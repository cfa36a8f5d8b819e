package import ProfileModel

/// Memory that a stack is copied from.
package protocol StackMemory {
    /// Reads up to the buffer's size at `address`; returns how many bytes there were before the first that can't be read.
    func read(at address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int
}

extension TargetMemory: StackMemory {}

/// Copies stacks into buffers that are touched beforehand, so that a stopped thread never waits for
/// memory to be allocated.
package final class StackCopier {
    /// What is read at the very least: most stacks of servers are shorter.
    package static let smallestWindow = 64 * 1024
    package static let largestWindow = 1024 * 1024

    private var buffer: [UInt8]
    private var copiedCount = 0
    private var copiedBase = Address(rawValue: 0)
    private var others: PlannedCopies
    private var interpreter = InterpreterCopies()

    /// - Parameter room: how many bytes can be copied before the buffer has to grow.
    package init(room: Int = largestWindow) {
        buffer = [UInt8](repeating: 0, count: room)
        others = PlannedCopies(room: Self.smallestWindow)
    }

    /// Copies the stack from `stackPointer` up to `top`, or `limit` bytes of it; `take()` gives it out.
    ///
    /// - Parameter top: where the mapping that holds the stack ends, when known.
    package func copy(from stackPointer: Address, of memory: some StackMemory, top: Address?, limit: Int) {
        others.removeAll()
        interpreter.removeAll()
        copiedBase = Address(rawValue: stackPointer.rawValue &- min(NativeRegisters.redZone, stackPointer.rawValue))
        copy(memory, top, limit)
        guard copiedCount == 0, copiedBase < stackPointer else { return }
        // A stack that is full to its last bytes has its red zone in the guard page.
        copiedBase = stackPointer
        copy(memory, top, limit)
    }

    private func copy(_ memory: some StackMemory, _ top: Address?, _ limit: Int) {
        let used = top.map { $0.rawValue > copiedBase.rawValue ? $0.rawValue - copiedBase.rawValue : 0 }
        let wanted = min(used ?? UInt64.max, UInt64(min(limit, Self.largestWindow)))
        let base = copiedBase
        if wanted > buffer.count { buffer += [UInt8](repeating: 0, count: Self.largestWindow - buffer.count) }
        copiedCount = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe memory.read(at: base, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<Int(wanted)]))
        }
    }

    /// Grows to what these plans may copy; to be called before a thread is stopped.
    package func makeRoom(for plans: ThreadPlans) {
        others.makeRoom(for: plans.stacks.reduce(0) { $1.steps.reduce($0) { $0 + $1.byteCount } })
        if plans.interpreter != nil { interpreter.makeRoom() }
    }

    /// Copies where the stack goes on, which `takeOthers()` gives out, and what is planned of the interpreter
    /// (`takeInterpreter()`).
    ///
    /// - Parameter top: where the mapping that holds an address ends, when known.
    package func copy(
        by plans: ThreadPlans, _ registers: NativeRegisters, of memory: some StackMemory, top: (Address) -> Address?
    ) {
        for step in plans.stacks.flatMap(\.steps) {
            others.copy(step, registers, of: memory, top: top, known: copiedWord)
        }
        if let plan = plans.interpreter { interpreter.copy(by: plan, of: memory, known: copiedWord) }
    }

    /// The little-endian word at `address`, where it has been copied.
    private func copiedWord(at address: Address) -> UInt64? {
        guard address >= copiedBase, copiedCount >= 8 else { return nil }
        let distance = address.rawValue - copiedBase.rawValue
        guard distance <= UInt64(copiedCount - 8) else { return nil }
        return (0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(buffer[Int(distance) + $1]) }
    }

    /// The copied bytes, as a value of their own.
    package func take() -> StackWindow { StackWindow(base: copiedBase, bytes: Array(buffer[..<copiedCount])) }

    /// What was copied besides.
    package func takeOthers() -> [StackWindow] { others.take() }

    /// What was copied of the interpreter.
    package func takeInterpreter() -> [StackWindow] { interpreter.take() }
}
