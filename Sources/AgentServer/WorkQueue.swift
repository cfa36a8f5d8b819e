import Dispatch

/// Does what blocks, one piece after the other on a thread outside of the cooperative pool, and refuses what would wait
/// for long.
package final class WorkQueue: Sendable {
    private let queue: DispatchQueue
    private let slots: Slots

    /// - Parameter maximumWaiting: pieces that may wait beside the one that is done.
    package init(label: String, maximumWaiting: Int) {
        queue = DispatchQueue(label: label)
        slots = Slots(maximum: maximumWaiting + 1)
    }

    /// Throws `Slots.Full` when as many pieces wait as may.
    package func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async throws -> Result {
        try await slots.withSlot {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: work()) }
            }
        }
    }
}
