internal import AgentState
internal import Synchronization

/// The latest state, which requests copy.
final class PublishedState: Sendable {
    private struct Contents {
        var state: AgentState?
        var use: ProcessorUse?
        var revision: UInt64 = 0
    }

    private let contents = Mutex(Contents())

    var state: AgentState? { contents.withLock(\.state) }

    var use: ProcessorUse? { contents.withLock(\.use) }

    /// How many states there have been.
    var revision: UInt64 { contents.withLock(\.revision) }

    func publish(_ state: AgentState, use: ProcessorUse?) {
        contents.withLock { $0 = Contents(state: state, use: use, revision: $0.revision + 1) }
    }
}
