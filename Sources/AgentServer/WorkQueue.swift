import Dispatch
import Synchronization

/// Does what blocks, one piece after the other on a thread outside of the cooperative pool, and refuses what would wait
/// for long.
package final class WorkQueue: Sendable {
    /// As many pieces wait as may.
    package struct Full: Error {
        package init() {}
    }

    private let queue: DispatchQueue
    private let maximum: Int
    private let pending = Atomic(0)

    /// - Parameter maximumWaiting: pieces that may wait beside the one that is done.
    package init(label: String, maximumWaiting: Int) {
        queue = DispatchQueue(label: label)
        maximum = maximumWaiting + 1
    }

    /// Awaits a piece that is done on a queue elsewhere, counted as one of those here.
    package func admit<Result>(_ work: () async -> Result) async throws(Full) -> Result {
        let (_, count) = pending.add(1, ordering: .relaxed)
        defer { pending.subtract(1, ordering: .relaxed) }
        guard count <= maximum else { throw Full() }
        return await work()
    }

    package func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async throws(Full) -> Result {
        try await admit {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: work()) }
            }
        }
    }
}
