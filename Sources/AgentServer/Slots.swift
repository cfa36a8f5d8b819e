import Synchronization

/// How many may do something at a time.
package final class Slots: Sendable {
    /// As many do it as may.
    package struct Full: Error {
        package init() {}
    }

    private let maximum: Int
    private let used = Atomic(0)

    package init(maximum: Int) { self.maximum = maximum }

    /// Runs `body` in a slot, or throws `Full` at once when none is free.
    package func withSlot<Result>(_ body: () async throws -> Result) async throws -> Result {
        let (_, count) = used.add(1, ordering: .relaxed)
        defer { used.subtract(1, ordering: .relaxed) }
        guard count <= maximum else { throw Full() }
        return try await body()
    }
}
