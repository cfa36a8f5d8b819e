import Synchronization

/// Why a listener that could be bound can't be used.
final class ListeningFailure: Sendable {
    private let error = Mutex<(any Error)?>(nil)

    func keep(_ error: any Error) { self.error.withLock { $0 = error } }

    func check() throws {
        if let error = error.withLock({ $0 }) { throw error }
    }
}
