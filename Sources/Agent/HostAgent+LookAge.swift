internal import AgentState
internal import HostWatch

extension HostAgent {
    package nonisolated var secondsSinceCollection: Double? {
        published.state.map { max(0, WatchTime.now.monotonic - $0.snapshot.time.monotonic) }
    }
}
