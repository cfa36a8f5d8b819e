import Synchronization
import SystemSupport

/// A look at files for all who ask meanwhile, on a thread outside of the cooperative pool, and only so often.
final class SharedLook: Sendable {
    private struct State {
        var current: Task<Void, Never>?
        /// Nobody waits for the current one any more.
        var hangs = false
        var next = ContinuousClock.now
    }

    /// Between the end of a look and the next.
    private let pause: Duration
    private let state = Mutex(State())
    private let queue = WorkQueue(label: "sonde.files", maximumWaiting: 0)

    /// How long anybody waits.
    private static let patience = Duration.seconds(1)

    init(pause: Duration) { self.pause = pause }

    /// Begins a look, or joins the one that goes on; `nil` when none is due, or when it hangs.
    @discardableResult
    func begin(_ look: @escaping @Sendable () -> Void) -> Task<Void, Never>? {
        state.withLock { state in
            if let current = state.current { return state.hangs ? nil : current }
            guard ContinuousClock.now >= state.next else { return nil }
            let task = Task { [self] in
                try? await queue.run(look)
                end()
            }
            state.current = task
            return task
        }
    }

    /// As `begin`, and waits for its end, unless that takes too long.
    func take(_ look: @escaping @Sendable () -> Void) async {
        guard let task = begin(look) else { return }
        if await isOver(within: Self.patience, { await task.value }) { return }
        state.withLock { $0.hangs = $0.current != nil }
    }

    private func end() {
        state.withLock { $0 = State(next: .now + pause) }
    }
}
