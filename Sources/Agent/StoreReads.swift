internal import AgentServer
package import AgentState
package import Alerting
internal import HostWatch
package import SeriesStore
internal import SystemSupport

/// What requests read from the store: a few at a time, and none for longer than anybody waits.
///
/// A request that has waited for too long keeps its place until the disk answers, so that no more of them queue up.
package struct StoreReads: Sendable {
    private let store: ResilientStore
    private let limit: Duration
    /// One is served, the others wait.
    private let concurrency = ConcurrencyLimit(maximum: 5)

    /// - Parameter limit: how long a request waits.
    package init(_ store: ResilientStore, limit: Duration = .seconds(5)) {
        self.store = store
        self.limit = limit
    }

    /// The memory of a group in the last `minutes`; throws when there is nothing but a failure.
    package func memory(ofGroup group: String, minutes: Int) async throws -> MemoryHistory {
        let now = WatchTime.now.wall
        let begin = now - Double(minutes) * 60
        let reading = try await read { store in
            await store.points(ofGroup: group, from: begin, until: now, limit: MemoryHistory.maximumPoints + 1)
        }
        if let failure = reading.failure, reading.value.isEmpty { throw failure }
        return MemoryHistory(
            points: reading.value.suffix(MemoryHistory.maximumPoints).map(MemoryPoint.init),
            isTruncated: reading.failure != nil || reading.value.count > MemoryHistory.maximumPoints,
            storeFailure: reading.failure.map { "\($0)" })
    }

    /// The latest alerts that are over; without the disk those that are remembered, and the failure when none is.
    package func resolvedAlerts(limit: Int, remembered: [Alert]) async throws -> AlertHistory {
        let failure: any Error
        do {
            let reading = try await read { await $0.alerts(state: Alert.State.resolved.rawValue, limit: limit) }
            let found = reading.value.latest.compactMap { AlertRecord($0)?.alert }
            guard let error = reading.failure else {
                return AlertHistory(alerts: found, total: reading.value.total)
            }
            failure = error
        } catch let error as DeadlineExceeded {
            failure = error
        }
        guard !remembered.isEmpty else { throw failure }
        return AlertHistory(alerts: Array(remembered.prefix(limit)), total: nil, storeFailure: "\(failure)")
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (ResilientStore) async -> StoreReading<Value>
    ) async throws -> StoreReading<Value> {
        try await withDeadline(limit) { [concurrency, store] in
            try await concurrency.run { await body(store) }
        }
    }
}
