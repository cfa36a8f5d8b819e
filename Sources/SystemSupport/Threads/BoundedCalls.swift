internal import Synchronization

/// Makes calls that may never return, as of a file system that hangs, on threads that are left behind then.
///
/// The kernel lets no thread out of such a call; the caller goes on without it, and what it may still give is discarded.
package final class BoundedCalls: Sendable {
    private struct State {
        var idle: [CallThread] = []
        /// Where calls have not returned yet that were given up.
        var hung: Set<String> = []
    }

    private let name: String
    private let maximumHung: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - name: of the threads; the kernel keeps 15 bytes.
    ///   - maximumHung: so many calls may be left behind at a time; further ones are refused.
    package init(name: String, maximumHung: Int) {
        self.name = name
        self.maximumHung = maximumHung
    }

    /// What a call gives; `nil` when it has not returned within the limit, or an earlier one to the same place still hasn't.
    ///
    /// - Throws: when the system has no more threads.
    package func result<Value: Sendable>(
        of call: @escaping @Sendable () -> Value, at place: String, within limit: Duration
    ) throws(SystemCallError) -> Value? {
        guard let thread = try idleThread(for: place) else { return nil }
        let outcome = Monitor(Outcome<Value>.awaited)
        thread.run {
            let value = call()
            let isAwaited = outcome.change { outcome in
                guard case .awaited = outcome else { return false }
                outcome = .returned(value)
                return true
            }
            if !isAwaited { self.state.withLock { _ = $0.hung.remove(place) } }
            self.state.withLock { $0.idle.append(thread) }
        }
        _ = outcome.wait(until: .now.advanced(by: limit)) { outcome in
            if case .returned = outcome { true } else { nil }
        }
        return outcome.change { outcome in
            if case .returned(let value) = outcome { return value }
            outcome = .givenUp
            // Before the call can return: it takes the place out again.
            state.withLock { _ = $0.hung.insert(place) }
            return nil
        }
    }

    private func idleThread(for place: String) throws(SystemCallError) -> CallThread? {
        let (isRefused, idle) = state.withLock { state in
            let isRefused = state.hung.contains(place) || state.hung.count >= maximumHung
            return (isRefused, isRefused ? nil : state.idle.popLast())
        }
        guard !isRefused else { return nil }
        if let idle { return idle }
        return try CallThread(name: name)
    }

    private enum Outcome<Value: Sendable>: Sendable {
        case awaited
        case returned(Value)
        case givenUp
    }
}

/// A thread that makes one call after the other, and waits in between; it ends when its owner goes.
private final class CallThread: Sendable {
    private enum Work {
        case none
        case call(@Sendable () -> Void)
        case end
    }

    private let work: Monitor<Work>
    private let thread: OwnedThread

    init(name: String) throws(SystemCallError) {
        let work = Monitor(Work.none)
        self.work = work
        thread = try OwnedThread(name: name) {
            while let call = work.wait(for: Self.taken) ?? nil { call() }
        }
    }

    deinit { work.change { $0 = .end } }

    /// Makes a call when the one before has returned.
    func run(_ call: @escaping @Sendable () -> Void) { work.change { $0 = .call(call) } }

    /// The call to be made, `.some(nil)` at the end; `nil` where there is nothing to do yet.
    private static func taken(from work: inout Work) -> (@Sendable () -> Void)?? {
        switch work {
        case .none: return nil
        case .end: return .some(nil)
        case .call(let call):
            work = .none
            return call
        }
    }
}
