internal import ProcFS
internal import ProfileModel

/// The names of threads, as the kernel reports their beginnings and changes.
struct ThreadNames {
    private var names: [ThreadID: String] = [:]
    private var ended: [ThreadID] = []
    private var evictable: [ThreadID] = []
    private let procfs: ProcFS

    init(procfs: ProcFS) { self.procfs = procfs }

    mutating func name(_ thread: ThreadID, _ name: String) { names[thread] = name }

    /// A new thread has its parent's name.
    mutating func start(_ thread: ThreadID, by parent: ThreadID) { names[thread] = name(of: parent) }

    /// The thread has ended; the kernel may have sampled it once more.
    mutating func end(_ thread: ThreadID) { ended.append(thread) }

    /// Forgets the threads that had ended at the last call.
    mutating func sweep() {
        for thread in evictable { names[thread] = nil }
        (evictable, ended) = (ended, [])
    }

    /// The name; what is not known is read from `/proc`, once.
    mutating func name(of thread: ThreadID) -> String {
        if let known = names[thread] { return known }
        // A thread has a directory of its own, though `/proc` doesn't list it.
        let stat = try? procfs.process(ProcessID(rawValue: thread.rawValue)).stat()
        let name = stat?.command ?? ""
        names[thread] = name
        return name
    }

    mutating func identity(of thread: ThreadID, in process: ProcessID) -> ThreadIdentity {
        ThreadIdentity(
            process: process, thread: thread, name: name(of: thread),
            processName: name(of: ThreadID(rawValue: process.rawValue)))
    }
}
