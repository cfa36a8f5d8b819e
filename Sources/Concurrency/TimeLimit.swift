/// Waits until the work is over, but not longer than the limit; returns whether it is over.
///
/// Work that isn't goes on. Cancelling the task that waits changes nothing.
package func isOver(within limit: Duration, _ work: @escaping @Sendable () async -> Void) async -> Bool {
    let (answers, answer) = AsyncStream.makeStream(of: Bool.self)
    let timer = Task {
        try? await Task.sleep(for: limit)
        answer.yield(false)
    }
    defer { timer.cancel() }
    Task {
        await work()
        answer.yield(true)
    }
    // In a task of its own: a stream ends when the task that reads it is cancelled.
    return await Task { await answers.first { _ in true } ?? false }.value
}
