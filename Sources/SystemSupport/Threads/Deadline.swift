/// Work that took longer than its limit.
package struct DeadlineExceeded: Error, CustomStringConvertible {
    package let limit: Duration

    package var description: String { "no result within \(limit)" }
}

/// Waits for the work, but no longer than `limit`: then it throws `DeadlineExceeded`, and the work goes on without effect
/// on the caller.
package func withDeadline<Result: Sendable>(
    _ limit: Duration, _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    let (results, outcome) = AsyncThrowingStream.makeStream(of: Result.self)
    let timer = Task {
        try await Task.sleep(for: limit)
        outcome.finish(throwing: DeadlineExceeded(limit: limit))
    }
    defer { timer.cancel() }
    Task {
        do {
            outcome.yield(try await work())
        } catch {
            outcome.finish(throwing: error)
        }
    }
    for try await result in results { return result }
    throw CancellationError()
}

/// Waits until the work is over, but not longer than the limit; returns whether it is over.
///
/// Work that isn't goes on. Cancelling the task that waits changes nothing.
package func isOver(within limit: Duration, _ work: @escaping @Sendable () async -> Void) async -> Bool {
    // In a task of its own, which nobody cancels.
    await Task { (try? await withDeadline(limit, work)) != nil }.value
}
