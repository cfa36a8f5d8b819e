internal import ProfileModel
internal import SystemSupport
internal import TargetProcess

/// What stops threads, reads their stacks and has the time: the kernel, or a test that does what no live process can be
/// made to do.
protocol StackSource {
    associatedtype Stop: StoppableThread
    associatedtype Memory: StackMemory

    /// Asks a thread to stop.
    func stop(_ thread: ThreadID) throws(PtraceError) -> Stop

    func memory(of context: ProcessContext) -> Memory

    var now: MonotonicTime { get }
}

/// A thread that was asked to stop, as `ThreadStop` has it.
protocol StoppableThread: AnyObject {
    var thread: ThreadID { get }
    var isDying: Bool { get }

    func poll() -> ThreadStop.Outcome
    func registers() throws(PtraceError) -> NativeRegisters
    func restartableSequenceArea() -> Range<Address>
    func release()
}

extension ThreadStop: StoppableThread {}

/// Threads of live processes, by ptrace(2).
struct LiveThreads: StackSource {
    func stop(_ thread: ThreadID) throws(PtraceError) -> ThreadStop { try ThreadStop(of: thread) }

    func memory(of context: ProcessContext) -> TargetMemory { context.memory }

    var now: MonotonicTime { .now }
}
