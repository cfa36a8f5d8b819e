/// Something took longer than anybody waits for it.
package struct DeadlineExceeded: Error, CustomStringConvertible {
    package let limit: Duration

    package var description: String { "nothing came in \(limit)" }
}

/// Waits for the work, but no longer than `limit`: then it throws `DeadlineExceeded`, and the work goes on unheard.
package func withDeadline<Result: Sendable>(
    _ limit: Duration, _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    let (results, outcome) = AsyncThrowingStream.makeStream(of: Result.self)
    let waiting = Task {
        try await Task.sleep(for: limit)
        outcome.finish(throwing: DeadlineExceeded(limit: limit))
    }
    defer { waiting.cancel() }
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
