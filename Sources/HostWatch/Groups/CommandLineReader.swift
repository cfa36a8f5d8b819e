import Dispatch
import ProcFS
import ProfileModel
import Synchronization
import SystemSupport

/// Reads command lines on a thread of its own: the kernel copies them from the process's memory, and waits for as long as the
/// process holds its mmap lock or keeps a page from being filled (userfaultfd, FUSE).
///
/// A process that exceeds the deadline is quarantined: its command line isn't read again, and the thread that waits is
/// abandoned. Until it answers, no other process of its user is read, so that no user blocks more than one thread.
final class CommandLineReader: Sendable {
    private struct Pending {
        let user: UInt32
        var bytes: [UInt8]?
        var isOverdue = false
    }

    private struct State {
        var pending: [ProcessIdentity: Pending] = [:]
        /// What came after its deadline.
        var late: [ProcessIdentity: [UInt8]] = [:]
        /// Processes that exceeded the deadline.
        var quarantined: Set<ProcessIdentity> = []
        /// Processes that are to be read once nothing of their users is overdue.
        var deferred: [ProcessIdentity: UInt32] = [:]
        var arrived: Set<ProcessIdentity> = []
        var queue = State.newQueue()
        /// How long the collection of this time has waited in vain, in seconds.
        var waited = (collection: -Double.infinity, seconds: 0.0)

        static func newQueue() -> DispatchQueue { DispatchQueue(label: "sonde.command-lines") }

        func isOverdue(_ user: UInt32) -> Bool { pending.values.contains { $0.isOverdue && $0.user == user } }

        mutating func finish(_ identity: ProcessIdentity, _ bytes: [UInt8]) {
            guard pending[identity]?.isOverdue == true else {
                pending[identity]?.bytes = bytes
                return
            }
            pending[identity] = nil
            guard quarantined.contains(identity), late.count < CommandLineReader.mostLate else { return }
            late[identity] = bytes
            arrived.insert(identity)
        }

        /// What has come in time; else the process is quarantined, and others get another thread.
        mutating func take(_ identity: ProcessIdentity, waited seconds: Double) -> [UInt8]? {
            if let bytes = pending[identity]?.bytes {
                pending[identity] = nil
                return bytes
            }
            waited.seconds += seconds
            pending[identity]?.isOverdue = true
            quarantined.insert(identity)
            queue = Self.newQueue()
            return nil
        }
    }

    /// Of a command line, the bytes that expressions see; Java's class paths go on for many kilobytes.
    static let longest = 16 * 1024
    /// Seconds for one process: reading a command line takes some ten microseconds.
    private static let deadline = 0.05
    /// Seconds that a collection waits in vain.
    private static let collectionDeadline = 0.5
    private static let mostOverdue = 16
    private static let mostLate = 64
    private static let mostDeferred = 10_000

    private let read: @Sendable (ProcessIdentity) -> [UInt8]
    private let state = Mutex(State())

    init(_ procfs: ProcFS) {
        read = { identity in Self.read(identity, in: procfs) }
    }

    /// - Parameter read: may take any time.
    init(reading read: @escaping @Sendable (ProcessIdentity) -> [UInt8]) { self.read = read }

    /// How many processes are quarantined and have not ended.
    var quarantinedCount: Int { state.withLock { $0.quarantined.count } }

    /// The command line of a process, empty where it can't be read, or not yet; `now` is the collection's time.
    func commandLine(of identity: ProcessIdentity, user: UInt32, at now: Double) -> [UInt8] {
        let queue: DispatchQueue? = state.withLock { state in
            guard !state.quarantined.contains(identity) else { return nil }
            if state.waited.collection != now { state.waited = (now, 0) }
            guard state.waited.seconds < Self.collectionDeadline, state.pending.count < Self.mostOverdue,
                !state.isOverdue(user)
            else {
                if state.deferred.count < Self.mostDeferred { state.deferred[identity] = user }
                return nil
            }
            state.pending[identity] = Pending(user: user)
            return state.queue
        }
        guard let queue else { return state.withLock { $0.late[identity] } ?? [] }
        let done = DispatchSemaphore(value: 0)
        queue.async { [self] in
            let bytes = read(identity)
            state.withLock { $0.finish(identity, bytes) }
            done.signal()
        }
        let start = SystemClock.monotonic.seconds
        _ = done.wait(timeout: .now() + Self.deadline)
        return state.withLock { $0.take(identity, waited: SystemClock.monotonic.seconds - start) } ?? []
    }

    /// Processes whose command lines have come late since the last call, or can be read by now.
    func takeArrived() -> Set<ProcessIdentity> {
        state.withLock { state in
            let ready = state.deferred.filter { !state.isOverdue($0.value) }.keys
            defer { state.arrived.removeAll() }
            for identity in ready { state.deferred[identity] = nil }
            return state.arrived.union(ready)
        }
    }

    /// Discards what is kept of processes that have ended.
    func evict(unless isLiving: (ProcessIdentity) -> Bool) {
        state.withLock { state in
            state.quarantined = state.quarantined.filter(isLiving)
            state.late = state.late.filter { isLiving($0.key) }
            state.deferred = state.deferred.filter { isLiving($0.key) }
        }
    }

    /// The number may be another process's by now; the directory is of one process for as long as it is open.
    private static func read(_ identity: ProcessIdentity, in procfs: ProcFS) -> [UInt8] {
        var buffer: [UInt8] = []
        guard let directory = try? procfs.process(identity.process),
            (try? directory.stat().startTicks) == identity.startTicks,
            (try? directory.readUpTo(longest, of: "cmdline", into: &buffer)) != nil
        else { return [] }
        return buffer
    }
}
