internal import ProcFS
internal import ProfileModel

/// The names of threads, as the kernel reports their beginnings and changes.
///
/// Holds twice `capacity` of them at most: a thread whose end was not reported is evicted as its name isn't asked for.
struct ThreadNames {
    private let capacity: Int
    private var names: [ThreadID: String] = [:]
    /// Those of before `names` was full.
    private var older: [ThreadID: String] = [:]
    private var titles: [ProcessID: (command: String, title: String)] = [:]
    private var ended: [ThreadID] = []
    private var evictable: [ThreadID] = []
    private let procfs: ProcFS

    init(procfs: ProcFS, capacity: Int = 8192) {
        self.procfs = procfs
        self.capacity = capacity
    }

    var count: Int { names.count + older.count }

    mutating func name(_ thread: ThreadID, _ name: String) {
        if names.count >= capacity, names[thread] == nil { (older, names) = (names, [:]) }
        names[thread] = name
    }

    /// A new thread has its parent's name.
    mutating func start(_ thread: ThreadID, by parent: ThreadID) { name(thread, name(of: parent)) }

    /// The thread has ended; the kernel may have sampled it once more.
    mutating func end(_ thread: ThreadID) { ended.append(thread) }

    /// Evicts the threads that had ended at the last call, and returns them.
    mutating func sweep() -> [ThreadID] {
        let evicted = evictable
        for thread in evicted {
            (names[thread], older[thread]) = (nil, nil)
            titles[ProcessID(rawValue: thread.rawValue)] = nil
        }
        (evictable, ended) = (ended, [])
        return evicted
    }

    /// The name; what is not known is read from `/proc`, once.
    mutating func name(of thread: ThreadID) -> String {
        if let known = names[thread] { return known }
        if let known = older[thread] {
            name(thread, known)
            return known
        }
        do {
            // A thread has a directory of its own, though `/proc` doesn't list it.
            let found = try procfs.process(ProcessID(rawValue: thread.rawValue)).stat().command
            name(thread, found)
            return found
        } catch .failed {
            // There may be a descriptor the next time.
            return ""
        } catch {
            name(thread, "")
            return ""
        }
    }

    /// Reads what a process is called, as long as there are descriptors for it.
    mutating func prepare(_ process: ProcessID) { _ = title(of: process) }

    mutating func identity(of thread: ThreadID, in process: ProcessID) -> ThreadIdentity {
        ThreadIdentity(
            process: process, thread: thread, name: name(of: thread),
            processName: title(of: process))
    }

    private mutating func title(of process: ProcessID) -> String {
        let command = name(of: ThreadID(rawValue: process.rawValue))
        if let known = titles[process], known.command == command { return known.title }
        guard let directory = try? procfs.process(process) else { return command }
        let title = directory.title(command: command)
        if titles.count >= capacity { titles.removeAll() }
        titles[process] = (command, title)
        return title
    }
}
