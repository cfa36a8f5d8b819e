import Dispatch
import Glibc
import Synchronization
import SystemSupport

/// Names of users, looked up on a thread of their own: an answer may have to come over the network, or never come.
final class UserNames: Sendable {
    private struct Entry {
        var name: String?
        var isPending = true
        /// Whether its number was taken for its name.
        var isNumbered = false
    }

    private struct State {
        var entries: [UInt32: Entry] = [:]
        var pending = 0
        /// Those whose names came after their numbers were taken for them.
        var named: Set<UInt32> = []
        /// How long the collection of this time has waited for answers, in seconds.
        var waited = (collection: -Double.infinity, seconds: 0.0)

        mutating func take(_ name: String?, of user: UInt32) {
            pending -= 1
            guard var entry = entries[user] else { return }
            entry.isPending = false
            entry.name = name
            if name != nil, entry.isNumbered { named.insert(user) }
            entries[user] = entry
        }
    }

    /// Seconds until a user without a name is asked for again.
    static let retryInterval = 60.0
    /// With more users than this all are evicted, and no more are asked for while so many answers are overdue.
    private static let mostKept = 10_000
    /// Seconds that a collection waits for answers in all: those of this host's own files come at once.
    private static let collectionDeadline = 0.2

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "sonde.users")
    private let lookUp: @Sendable (UInt32) -> String?

    /// `lookUp` may take any time; `nil` asks the system's databases.
    init(_ lookUp: (@Sendable (UInt32) -> String?)? = nil) { self.lookUp = lookUp ?? Self.entry }

    /// The user's name, or the number where it has none, or none yet; `now` is the collection's time.
    func name(of user: UInt32, at now: Double) -> String {
        if let answer = ask(user) { wait(for: answer, at: now) }
        return state.withLock { state in
            if let name = state.entries[user]?.name { return name }
            state.entries[user]?.isNumbered = true
            return String(user)
        }
    }

    /// Looks those up again that have no name, and evicts the others that have none.
    func askAgain(among users: Set<UInt32>) {
        let again = state.withLock { state in
            state.entries = state.entries.filter {
                $0.value.name != nil || $0.value.isPending || users.contains($0.key)
            }
            let again = state.entries.filter { $0.value.name == nil && !$0.value.isPending }.map(\.key)
            for user in again { state.entries[user]?.isPending = true }
            state.pending += again.count
            return again
        }
        for user in again { begin(user) }
    }

    /// Those whose names have come since the last call, after their numbers were taken for them.
    func takeNamed() -> Set<UInt32> {
        state.withLock { state in
            defer { state.named.removeAll() }
            return state.named
        }
    }

    /// Begins to look up a user who is not known; the result is signalled when the answer is there; `nil` while another answer is overdue.
    private func ask(_ user: UInt32) -> DispatchSemaphore? {
        let isBlocked: Bool? = state.withLock { state in
            guard state.entries[user] == nil else { return nil }
            if state.entries.count >= Self.mostKept { state.entries = state.entries.filter(\.value.isPending) }
            guard state.entries.count < Self.mostKept else { return nil }
            state.entries[user] = Entry()
            state.pending += 1
            return state.pending > 1
        }
        guard let isBlocked else { return nil }
        let answer = begin(user)
        return isBlocked ? nil : answer
    }

    @discardableResult private func begin(_ user: UInt32) -> DispatchSemaphore {
        let answer = DispatchSemaphore(value: 0)
        queue.async { [self] in
            let name = lookUp(user)
            state.withLock { $0.take(name, of: user) }
            answer.signal()
        }
        return answer
    }

    private func wait(for answer: DispatchSemaphore, at now: Double) {
        let left = state.withLock { state in
            if state.waited.collection != now { state.waited = (now, 0) }
            return Self.collectionDeadline - state.waited.seconds
        }
        guard left > 0 else { return }
        let start = SystemClock.monotonic.seconds
        _ = answer.wait(timeout: .now() + left)
        state.withLock { $0.waited.seconds += SystemClock.monotonic.seconds - start }
    }

    /// The name that the system's databases have for a user; `nil` where they have none, or don't answer.
    private static func entry(_ user: UInt32) -> String? {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 * 1024) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            // Safe: the entry's strings lie in the buffer, and are copied before it goes.
            guard unsafe getpwuid_r(user, &entry, start, buffer.count, &found) == 0,
                unsafe found != nil, let name = unsafe entry.pw_name
            else { return nil }
            return unsafe String(cString: name)
        }
    }
}
