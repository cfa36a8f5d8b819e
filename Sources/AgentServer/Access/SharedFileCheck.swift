import Synchronization
import SystemSupport

/// One check of files for all requests that ask meanwhile, on a thread outside of the cooperative pool, and not more
/// often than once per `pause`.
final class SharedFileCheck: Sendable {
    private struct State {
        var current: Task<Void, Never>?
        /// No request waits for the current one any more.
        var hangs = false
        var next = ContinuousClock.now
    }

    /// Between the end of a check and the next.
    private let pause: Duration
    private let state = Mutex(State())
    private let queue = WorkQueue(label: "sonde.files", maximumPending: 0)

    /// How long a request waits.
    private static let timeout = Duration.seconds(1)

    init(pause: Duration) { self.pause = pause }

    /// Begins a check, or joins the current one; `nil` when none is due, or when it hangs.
    @discardableResult
    func begin(_ check: @escaping @Sendable () -> Void) -> Task<Void, Never>? {
        state.withLock { state in
            if let current = state.current { return state.hangs ? nil : current }
            guard ContinuousClock.now >= state.next else { return nil }
            let task = Task { [self] in
                try? await queue.run(check)
                end()
            }
            state.current = task
            return task
        }
    }

    /// As `begin`, and waits for its end, unless that takes too long.
    func run(_ check: @escaping @Sendable () -> Void) async {
        guard let task = begin(check) else { return }
        if await isOver(within: Self.timeout, { await task.value }) { return }
        state.withLock { $0.hangs = $0.current != nil }
    }

    private func end() {
        state.withLock { $0 = State(next: .now + pause) }
    }
}
