import CCrypt
import Synchronization

/// Verifies passwords against bcrypt hashes, one at a time on a thread of its own, and remembers what was right.
final class PasswordCheck: Sendable {
    private struct Login: Hashable {
        let user: String
        let password: String
        let hash: String
    }

    /// A hash takes tens of milliseconds, so that more would wait for long.
    private static let maximumPending = 7
    private static let maximumRemembered = 100

    private let queue = WorkQueue(label: "sonde.passwords", maximumPending: maximumPending)
    private let right = Mutex<Set<Login>>([])

    /// Whether it was found right before: takes no time.
    func remembers(user: String, password: String, users: [String: String]) -> Bool {
        guard let hash = users[user] else { return false }
        return right.withLock { $0.contains(Login(user: user, password: password, hash: hash)) }
    }

    /// For a user who is not known it takes as long as for one who is.
    func isRight(user: String, password: String, users: [String: String]) async throws -> Bool {
        let known = users[user]
        guard let hash = known ?? users.min(by: { $0.key < $1.key })?.value else { return false }
        let login = Login(user: user, password: password, hash: hash)
        let matches: Bool
        do {
            matches = try await queue.run { self.matches(login) }
        } catch {
            throw APIError.unavailable("busy", "too many passwords are being verified", retryAfter: 1)
        }
        guard known != nil, matches else { return false }
        remember(login)
        return true
    }

    private func matches(_ login: Login) -> Bool {
        // Requests that came together with the first one need no hash of their own.
        if right.withLock({ $0.contains(login) }) { return true }
        // crypt(3) would end the password there.
        guard !login.password.utf8.contains(0) else { return false }
        return unsafe ccrypt_matches(login.password, login.hash)
    }

    private func remember(_ login: Login) {
        right.withLock { right in
            if right.count >= Self.maximumRemembered { right.removeFirst() }
            right.insert(login)
        }
    }
}
