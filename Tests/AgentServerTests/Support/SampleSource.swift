import AgentState
import Alerting
import Synchronization

/// A source whose state the test sets.
final class SampleSource: AgentSource {
    private struct Content {
        var state: AgentState?
        var use: ProcessorUse?
        var revision: UInt64 = 0
        var revisionReads = 0
        var resets = 0
        var storeFailure: (any Error)?
        var secondsSinceCollection: Double? = 1
        var history = AlertHistory(
            alerts: (0..<3).map { SampleState.alert(.resolved, id: "past/\($0)") }, total: 3)
        var series = MemoryHistory(points: [], isTruncated: false)
        /// A request for memory waits for as long.
        var delay = Duration.zero
    }

    private let content: Mutex<Content>

    init(_ state: AgentState? = SampleState.make()) { content = Mutex(Content(state: state)) }

    var state: AgentState? {
        get { content.withLock { $0.state } }
        set {
            content.withLock {
                $0.state = newValue
                $0.revision += 1
            }
        }
    }

    var processorUse: ProcessorUse? {
        get { content.withLock { $0.use } }
        set {
            content.withLock {
                $0.use = newValue
                $0.revision += 1
            }
        }
    }

    var revision: UInt64 {
        content.withLock {
            $0.revisionReads += 1
            return $0.revision
        }
    }

    /// How many requests have asked whether there is a newer state.
    var revisionReads: Int { content.withLock { $0.revisionReads } }

    var series: MemoryHistory {
        get { content.withLock { $0.series } }
        set { content.withLock { $0.series = newValue } }
    }

    var history: AlertHistory {
        get { content.withLock { $0.history } }
        set { content.withLock { $0.history = newValue } }
    }

    var delay: Duration {
        get { content.withLock { $0.delay } }
        set { content.withLock { $0.delay = newValue } }
    }

    var resets: Int { content.withLock { $0.resets } }

    var secondsSinceCollection: Double? {
        get { content.withLock { $0.secondsSinceCollection } }
        set { content.withLock { $0.secondsSinceCollection = newValue } }
    }

    func failStore(_ error: any Error = StoreFailure()) { content.withLock { $0.storeFailure = error } }

    func memory(ofGroup group: String, minutes: Int) async throws -> MemoryHistory {
        if delay > .zero { try await Task.sleep(for: delay) }
        if let failure = content.withLock({ $0.storeFailure }) { throw failure }
        return series
    }

    func resolvedAlerts(limit: Int) async throws -> AlertHistory {
        if let failure = content.withLock({ $0.storeFailure }) { throw failure }
        var history = history
        history.alerts = Array(history.alerts.prefix(limit))
        return history
    }

    func reset() async { content.withLock { $0.resets += 1 } }
}

struct StoreFailure: Error {}
