import Synchronization

/// The leak: it remembers every session and forgets none.
///
/// It stops at 256 MiB, so that a demonstration that is left running does no harm.
final class SessionCache: Sendable {
    private struct Session {
        let visitor: Int
        let history: [UInt8]
    }

    private static let historySize = 16 * 1024
    private static let limit = 256 * 1024 * 1024 / historySize

    private let sessions = Mutex<[Session]>([])

    /// Remembers a visitor's session and gives its number.
    @inline(never)
    func remember(visitor: Int) -> Int {
        sessions.withLock { sessions in
            if sessions.count < Self.limit {
                sessions.append(Session(visitor: visitor, history: recordHistory(of: visitor)))
            }
            return sessions.count
        }
    }

    @inline(never)
    private func recordHistory(of visitor: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: visitor | 1), count: Self.historySize)
    }
}
