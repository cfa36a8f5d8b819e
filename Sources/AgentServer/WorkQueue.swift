import Dispatch
import Synchronization

/// Runs blocking work, one piece after the other on a thread outside of the cooperative pool, and refuses what would
/// wait for long.
package final class WorkQueue: Sendable {
    private let queue: DispatchQueue
    private let limit: ConcurrencyLimit

    /// - Parameter maximumPending: pieces that may wait beside the one that runs.
    package init(label: String, maximumPending: Int) {
        queue = DispatchQueue(label: label)
        limit = ConcurrencyLimit(maximum: maximumPending + 1)
    }

    /// Throws `ConcurrencyLimit.Exceeded` when as many pieces wait as may.
    package func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async throws -> Result {
        try await limit.run {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: work()) }
            }
        }
    }
}

/// Bounds how many calls run at a time.
package final class ConcurrencyLimit: Sendable {
    /// As many calls run as may.
    package struct Exceeded: Error {
        package init() {}
    }

    private let maximum: Int
    private let running = Atomic(0)

    package init(maximum: Int) { self.maximum = maximum }

    /// Runs `body`, or throws `Exceeded` at once.
    package func run<Result>(_ body: () async throws -> Result) async throws -> Result {
        let (_, count) = running.add(1, ordering: .relaxed)
        defer { running.subtract(1, ordering: .relaxed) }
        guard count <= maximum else { throw Exceeded() }
        return try await body()
    }
}
