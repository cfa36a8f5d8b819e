import Synchronization

/// The memory of bodies that clients have not taken yet: together they have so many bytes at most.
final class UnreadBodies: Sendable {
    /// Counts until it goes.
    final class Share: Sendable {
        private let bodies: UnreadBodies
        private let bytes: Int

        fileprivate init(_ bodies: UnreadBodies, _ bytes: Int) { (self.bodies, self.bytes) = (bodies, bytes) }

        deinit { bodies.used.withLock { $0 -= bytes } }
    }

    private let maximum: Int
    private let used = Mutex(0)

    init(maximum: Int) { self.maximum = maximum }

    /// `nil` when there are too many; a body that is alone may have any size.
    func share(_ bytes: Int) -> Share? {
        let fits = used.withLock { used in
            guard used == 0 || bytes <= maximum - used else { return false }
            used += bytes
            return true
        }
        return fits ? Share(self, bytes) : nil
    }
}
