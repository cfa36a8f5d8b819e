import Synchronization

/// How many requests are answered at a time.
final class RequestSlots: Sendable {
    private let maximum: Int
    private let used = Atomic(0)

    init(maximum: Int) { self.maximum = maximum }

    /// Runs `body` in a slot, or throws at once when none is free.
    func withSlot<Result>(_ body: () async throws -> Result) async throws -> Result {
        let (_, count) = used.add(1, ordering: .relaxed)
        defer { used.subtract(1, ordering: .relaxed) }
        guard count <= maximum else {
            throw APIError.unavailable("busy", "too many requests are being answered", retryAfter: 1)
        }
        return try await body()
    }
}
