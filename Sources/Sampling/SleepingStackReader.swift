internal import ProcFS
internal import ProfileModel
internal import TargetProcess

/// Reads the stack of a thread that sleeps, without stopping it.
///
/// `/proc/PID/task/TID/syscall` shows its stack pointer and program counter, and its stack can't change while it sleeps.
/// That it was the same sleep all the while is checked afterwards.
struct SleepingStackReader {
    private let copier: StackCopier
    private var buffer: [UInt8] = []
    /// What the thread of the last snapshot waits in; `nil` where that is no system call.
    private(set) var latestCall: SystemCall?

    init(copier: StackCopier) { self.copier = copier }

    /// Why there is no stack.
    enum Failure: Error {
        /// The thread woke up.
        case moved
        case ended
        case refused
        case failed
    }

    /// - Parameter timeslices: the thread's count when it was found asleep, where the kernel counts.
    mutating func snapshot(
        of entry: ThreadTracker.Entry, in context: ProcessContext, timeslices: UInt64?
    ) throws(Failure) -> StackSnapshot {
        latestCall = nil
        if entry.isKernelWorker { return StackSnapshot(ofKernelWorker: entry.id, in: context.process) }
        let before = try systemCall(of: entry)
        guard let pointers = before.pointers else { throw .moved }
        var registers = before.registers
        registers.programCounter = pointers.programCounter
        registers.stackPointer = pointers.stackPointer
        context.makeRoom(forCopiesOf: entry.id, in: copier)
        context.copyStack(
            of: entry.id, registers, limit: StackCopier.largestWindow, from: context.memory, using: copier)
        let (stack, windows, interpreter) = (copier.take(), copier.takeOthers(), copier.takeInterpreter())
        guard try systemCall(of: entry) == before, try isSameSleep(entry, timeslices) else { throw .moved }
        if case .systemCall(let call, _, _) = before { latestCall = call }
        return StackSnapshot(
            process: context.process, thread: entry.id, registers: registers, stack: stack, windows: windows,
            interpreter: interpreter)
    }

    /// Whether a stop now is nothing that the thread's program can notice.
    mutating func bearsStop(_ entry: ThreadTracker.Entry) -> Bool {
        // One that waits for a disk would stop only when it has what it waits for.
        guard entry.state == .sleeping, !entry.isKernelWorker else { return false }
        guard case .systemCall(let call, _, _)? = try? entry.systemCall(using: &buffer) else { return false }
        return RestartableSystemCalls.canBeInterrupted(call.number)
    }

    private mutating func isSameSleep(_ entry: ThreadTracker.Entry, _ timeslices: UInt64?) throws(Failure) -> Bool {
        guard let timeslices else { return true }
        do { return try entry.schedstat(using: &buffer).timeslices == timeslices } catch { throw Failure(error) }
    }

    private mutating func systemCall(of entry: ThreadTracker.Entry) throws(Failure) -> ThreadSystemCall {
        do { return try entry.systemCall(using: &buffer) } catch { throw Failure(error) }
    }
}

extension SampleLedger.Loss {
    init(_ failure: SleepingStackReader.Failure) {
        self =
            switch failure {
            case .moved: .moved
            case .ended: .ended
            case .refused: .refused
            case .failed: .failed
            }
    }
}

extension SleepingStackReader.Failure {
    fileprivate init(_ error: ProcFSError) {
        switch error {
        case .vanished: self = .ended
        case .notPermitted: self = .refused
        default: self = .failed
        }
    }
}

extension ThreadSystemCall {
    /// Those that hold the system call's arguments: they are left alone while it lasts.
    fileprivate var registers: NativeRegisters {
        var registers = NativeRegisters()
        guard case .systemCall(let call, _, _) = self else { return registers }
        for (index, name) in NativeRegisters.Name.systemCallArguments.enumerated() {
            registers[name] = call.arguments[index]
        }
        return registers
    }
}
