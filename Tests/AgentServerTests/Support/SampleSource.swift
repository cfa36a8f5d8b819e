import AgentState
import Alerting
import Synchronization

/// A source whose state the test sets.
final class SampleSource: AgentSource {
    private struct Content {
        var state: AgentState?
        var use: ProcessorUse?
        var resets = 0
        var storeFails = false
        var points: [MemoryPoint] = []
        /// A request for memory waits for as long.
        var delay = Duration.zero
    }

    private let content: Mutex<Content>

    init(_ state: AgentState? = SampleState.make()) { content = Mutex(Content(state: state)) }

    var state: AgentState? {
        get { content.withLock { $0.state } }
        set { content.withLock { $0.state = newValue } }
    }

    var processorUse: ProcessorUse? {
        get { content.withLock { $0.use } }
        set { content.withLock { $0.use = newValue } }
    }

    var points: [MemoryPoint] {
        get { content.withLock { $0.points } }
        set { content.withLock { $0.points = newValue } }
    }

    var delay: Duration {
        get { content.withLock { $0.delay } }
        set { content.withLock { $0.delay = newValue } }
    }

    var resets: Int { content.withLock { $0.resets } }

    func failStore() { content.withLock { $0.storeFails = true } }

    func memory(ofGroup group: String, minutes: Int) async throws -> [MemoryPoint] {
        if delay > .zero { try await Task.sleep(for: delay) }
        if content.withLock({ $0.storeFails }) { throw StoreFailure() }
        return points
    }

    func resolvedAlerts(limit: Int) async throws -> [Alert] {
        if content.withLock({ $0.storeFails }) { throw StoreFailure() }
        return (0..<min(limit, 3)).map { SampleState.alert(.resolved, id: "past/\($0)") }
    }

    func reset() async { content.withLock { $0.resets += 1 } }
}

struct StoreFailure: Error {}
