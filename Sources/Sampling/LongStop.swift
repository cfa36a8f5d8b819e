internal import ProcFS
internal import ProfileModel
internal import SystemSupport
internal import TargetProcess

/// A running thread that stays stopped after its stack was copied, until what belongs to the stack was read, or a limit is
/// reached.
///
/// It is traced by a thread that ends with the stop, so that the kernel lets it go in any case (ptrace(2)).
final class LongStop: Sendable {
    private enum Phase: Sendable {
        case copying
        case copied(StackSnapshot, MonotonicTime)
        /// What belongs to the copy was read.
        case read
        /// The thread was let go; whether that was after what belongs to the copy was read.
        case ended(wasRead: Bool)
    }

    private let phase: Monitor<Phase>
    private let thread: OwnedThread

    /// - Parameters:
    ///   - copier: not used by others before the copy is there.
    ///   - timeout: how long the thread may take to get to a CPU, in nanoseconds.
    ///   - limit: how long it stays stopped, in nanoseconds.
    init(
        of id: ThreadID, in context: ProcessContext, copier: StackCopier, timeout: UInt64, limit: UInt64
    ) throws(SystemCallError) {
        let phase = Monitor(Phase.copying)
        self.phase = phase
        context.makeRoom(forCopiesOf: id, in: copier)
        nonisolated(unsafe) let copier = copier
        thread = try OwnedThread(name: "sonde-stops") {
            // Safe: the thread that made the copier only waits meanwhile.
            let wasRead = unsafe Self.stop(id, in: context, copier, phase, timeout: timeout, limit: limit)
            phase.change { $0 = .ended(wasRead: wasRead) }
        }
    }

    /// Returns whether the thread was stopped until what belongs to the copy was read.
    private static func stop(
        _ id: ThreadID, in context: ProcessContext, _ copier: StackCopier, _ phase: Monitor<Phase>, timeout: UInt64,
        limit: UInt64
    ) -> Bool {
        guard let stop = try? ThreadStop(of: id), hasStopped(stop, within: timeout) else { return false }
        let start = MonotonicTime.now
        guard let registers = try? stop.registers() else { return false }
        let snapshot = snapshot(of: id, in: context, registers, copier)
        phase.change { $0 = .copied(snapshot, start) }
        func isRead(_ phase: inout Phase) -> Bool? { if case .read = phase { true } else { nil } }
        _ = phase.wait(until: start.advanced(by: limit), for: isRead)
        let wasRead = phase.change { phase in
            let wasRead = isRead(&phase) ?? false
            if !wasRead { phase = .ended(wasRead: false) }
            return wasRead
        }
        stop.release()
        return wasRead
    }

    private static func hasStopped(_ stop: ThreadStop, within timeout: UInt64) -> Bool {
        let end = MonotonicTime.now.advanced(by: timeout)
        while true {
            switch stop.poll() {
            case .stopped: return true
            case .gone: return false
            case .notYetStopped: break
            }
            let now = MonotonicTime.now
            guard now < end else { return false }
            _ = StopSignal.wait(nanoseconds: min(end.since(now), 10_000_000))
        }
    }

    private static func snapshot(
        of id: ThreadID, in context: ProcessContext, _ registers: NativeRegisters, _ copier: StackCopier
    ) -> StackSnapshot {
        context.copyStack(of: id, registers, limit: nil, from: context.memory, using: copier)
        return StackSnapshot(
            process: context.process, thread: id, registers: registers, stack: copier.take(),
            windows: copier.takeOthers(), interpreter: copier.takeInterpreter())
    }

    /// Waits for the copy, and when the thread stopped for it; `nil` where it could not be stopped.
    func copy() -> (snapshot: StackSnapshot, time: MonotonicTime)? {
        let copy: (StackSnapshot, MonotonicTime)?? = phase.wait { phase in
            switch phase {
            case .copying: nil
            case .copied(let snapshot, let time): .some((snapshot, time))
            case .read, .ended: .some(nil)
            }
        }
        return copy ?? nil
    }

    /// Lets the thread run on, what belongs to the copy being read.
    func end() {
        phase.change { if case .copied = $0 { $0 = .read } }
        thread.join()
    }

    /// Whether the thread was stopped up to `end()`.
    var wasStopped: Bool { phase.read { if case .ended(wasRead: true) = $0 { true } else { false } } }
}
