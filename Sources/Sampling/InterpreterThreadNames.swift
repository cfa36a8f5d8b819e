internal import ProfileModel
internal import SystemSupport

/// The names that programs gave their interpreters' threads, in place of those that the kernel has.
struct InterpreterThreadNames {
    private var names: [ThreadID: String] = [:]
    /// Those that have ended, whose stacks may be yet to be given out.
    private var ended: Set<ThreadID> = []

    /// More threads keep the kernel's names.
    private static let limit = 1 << 14

    mutating func name(_ thread: ThreadID, _ name: String) {
        guard names.count < Self.limit || names[thread] != nil else { return }
        names[thread] = printable(name)
        ended.remove(thread)
    }

    mutating func end(_ thread: ThreadID) { if names[thread] != nil { ended.insert(thread) } }

    /// To be called when the stacks of threads that have ended were given out.
    mutating func evictEnded() {
        for thread in ended { names[thread] = nil }
        ended = []
    }

    func naming(_ thread: ThreadIdentity) -> ThreadIdentity {
        guard let name = names[thread.thread] else { return thread }
        return ThreadIdentity(
            process: thread.process, thread: thread.thread, name: name, processName: thread.processName)
    }

    func naming(_ stack: CollectedStack) -> CollectedStack {
        CollectedStack(
            thread: naming(stack.thread), frames: stack.frames, ending: stack.ending, count: stack.count,
            weight: stack.weight, runs: stack.runs)
    }
}
