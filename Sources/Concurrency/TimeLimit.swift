/// Waits until the work is over, but not longer than the limit; returns whether it is over.
///
/// Work that isn't goes on. Cancelling the task that waits changes nothing.
package func isOver(within limit: Duration, _ work: @escaping @Sendable () async -> Void) async -> Bool {
    // In a task of its own, which nobody cancels.
    await Task { (try? await withDeadline(limit, work)) != nil }.value
}
