internal import ProfileModel
internal import SystemSupport

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
            process: snapshot.process, thread: snapshot.thread, registers: registers, stack: snapshot.stack,
            windows: snapshot.windows, interpreter: snapshot.interpreter)
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

/// Sleeping threads of one process whose stacks can't be followed without all registers, until they are stopped once.
///
/// Belongs to the sampler's thread.
struct IncompleteSleeps {
    /// So many threads are stopped at one tick at most: the others that sleep are not in a hurry, those that run are.
    private static let stopsAtOnce = 16

    private var waiting: [ThreadID: MonotonicTime] = [:]

    /// Has the next of them polled in this tick; those that have woken up since are discarded.
    mutating func request(from tracker: ThreadTracker, of context: ProcessContext) {
        waiting.merge(context.takeIncompleteSleeps()) { $1 }
        var requested = 0
        for (thread, time) in waiting {
            guard requested < Self.stopsAtOnce else { return }
            waiting[thread] = nil
            requested += tracker.requestStop(of: thread, ifReadAt: time) ? 1 : 0
        }
    }
}
