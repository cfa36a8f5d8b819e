internal import AgentServer
internal import AgentState
internal import MetricFamilies
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

extension MetricsPresentation {
    /// Of the state alone; each answer says how long making the one before it took.
    static var ofState: MetricsPresentation {
        let last = LastDuration()
        return MetricsPresentation(
            exposition: { state, format, leaking in
                last.measure { duration in
                    let families = state.metricFamilies(leakingProcesses: leaking, lastScrape: duration)
                    return MetricsExposition.bytes(of: families, in: format)
                }
            }, families: { $0.metricFamilies() })
    }
}

/// How long the last exposition took, in seconds.
private final class LastDuration: Sendable {
    private let seconds = Mutex<Double?>(nil)

    func measure<Result>(_ body: (Double?) -> Result) -> Result {
        let start = ContinuousClock.now
        let result = body(seconds.withLock { $0 })
        seconds.withLock { $0 = (.now - start) / .seconds(1) }
        return result
    }
}
