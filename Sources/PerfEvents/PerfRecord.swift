package import ProcFS
package import ProfileModel

/// What the kernel reports about the threads whose events write to a ring.
package struct PerfRecord: Sendable {
    /// `CLOCK_MONOTONIC`, in nanoseconds.
    package let time: UInt64
    package let process: ProcessID
    package let thread: ThreadID
    package internal(set) var content: Content

    package enum Content: Sendable {
        case sample(PerfSample)
        /// The thread was put on a CPU.
        case switchedIn
        /// The thread left its CPU; `wasPreempted` when it would have gone on.
        case switchedOut(wasPreempted: Bool)
        /// The record's thread was started, by `parent`.
        case started(parent: ThreadID, of: ProcessID)
        case ended
        /// The thread has a new name; `isExecution` when that is because it executes another program.
        case named(String, isExecution: Bool)
        /// Executable memory was mapped, or memory was made executable.
        case mapped(MemoryMapping)
        /// So many records of this CPU found no room in the ring.
        case lost(UInt64)
        /// The kernel found that sampling took too much of the CPU, and throttled sampling.
        case throttled
    }

    init(time: UInt64, process: ProcessID, thread: ThreadID, content: Content) {
        self.time = time
        self.process = process
        self.thread = thread
        self.content = content
    }
}

/// A thread's registers and stacks at one time.
package struct PerfSample: Sendable {
    /// Return addresses in the kernel, leaf first; empty for a thread in user space.
    package let kernelStack: [Address]
    /// As they were when the thread entered the kernel, or at the sample; empty for a thread that has no user space any
    /// more, because it ends, and for one of a 32-bit program, whose stack is of another form.
    package let registers: NativeRegisters
    package let isThirtyTwoBit: Bool
    package let stack: StackWindow
    /// Where the stack goes on, as far as the kernel copied that with the sample.
    package internal(set) var windows: [StackWindow] = []
    /// What was copied of the thread's interpreter at the same time.
    package internal(set) var interpreter: [StackWindow] = []
}
