extension ResilientStore {
    /// As `SeriesStore`'s, with the collections that are only in memory.
    package func points(
        of key: SeriesKey, fromMonotonic from: Double, limit: Int = 20_000
    ) -> [SeriesPoint] {
        read { store throws(SeriesStoreError) in
            try store.points(of: key, fromMonotonic: from, limit: limit)
        } and: { onDisk, memory in
            let unwritten = memory.backlog.points { $0 == key }.map(\.point).filter { $0.monotonic >= from }
            return Array(((onDisk ?? []) + unwritten).suffix(limit))
        }
    }

    /// As `SeriesStore`'s, with the collections that are only in memory.
    package func points(
        of key: SeriesKey, wall range: ClosedRange<Double>, limit: Int = 20_000
    ) -> [SeriesPoint] {
        read { store throws(SeriesStoreError) in
            try store.points(of: key, wall: range, limit: limit)
        } and: { onDisk, memory in
            let unwritten = memory.backlog.points { $0 == key }.map(\.point).filter { range.contains($0.wall) }
            return Array(((onDisk ?? []) + unwritten).suffix(limit))
        }
    }

    /// As `SeriesStore`'s, with the collections that are only in memory.
    package func points(
        ofGroup group: String, from: Double, until: Double, limit: Int = 20_000
    ) async -> StoreReading<[GroupPoint]> {
        await readLater { store throws(SeriesStoreError) in
            try store.points(ofGroup: group, from: from, until: until, limit: limit)
        } and: { [self] onDisk, memory in
            let names = memory.series
            let unwritten = memory.backlog.sums { names[$0]?.group == group }
                .filter { from <= $0.sum.wall && $0.sum.wall <= until }
            let all = Array(((onDisk ?? []) + unwritten).suffix(limit))
            return StoreReading(value: all, failure: onDisk == nil ? failure(memory) : nil)
        }
    }

    /// As `SeriesStore`'s; while that can't be read, those that were in collections since the agent's start.
    package func liveSeries(bootID: String, since: Double) -> [SeriesKey: SeriesDescription] {
        read { store throws(SeriesStoreError) in
            try store.liveSeries(bootID: bootID, since: since)
        } and: { onDisk, memory in
            var live = onDisk ?? memory.series.descriptions.filter { $0.key.bootID == bootID }
            memory.series.add(onDisk ?? [:])
            for batch in memory.backlog.batches where batch.bootID == bootID && batch.monotonic >= since {
                for reading in batch.readings { live[reading.key] = memory.series[reading.key] }
                for key in batch.ended { live[key] = nil }
            }
            return live
        }
    }

    /// As `SeriesStore`'s; none while that can't be read.
    package func services(limit: Int) -> [StoredService] {
        read { store throws(SeriesStoreError) in
            try store.services(limit: limit)
        } and: { onDisk, _ in
            onDisk ?? []
        }
    }

    /// As `SeriesStore`'s, then the collections that are only in memory.
    ///
    /// The body must not call the store.
    package func visitPoints(
        bootID: String, fromMonotonic from: Double, _ body: (SeriesKey, SeriesPoint) -> Void
    ) {
        read { store throws(SeriesStoreError) in
            try store.visitPoints(bootID: bootID, fromMonotonic: from, body)
        } and: { _, memory in
            for (key, point) in memory.backlog.points(where: { $0.bootID == bootID })
            where point.monotonic >= from {
                body(key, point)
            }
        }
    }

    /// As `SeriesStore`'s, with those that are only in memory, and how many there are.
    package func alerts(state: String?, limit: Int) async -> StoreReading<StoredAlerts> {
        await readLater { store throws(SeriesStoreError) in
            (try Self.alerts(of: store, state: state, limit: limit), try store.alertCount(state: state))
        } and: { [self] onDisk, memory in
            let (stored, count) = onDisk ?? ([], 0)
            let all = Self.alerts(stored, memory.alerts, state: state)
            let latest = Array(all.prefix(max(limit, 0)))
            return StoreReading(
                value: StoredAlerts(latest: latest, total: count - stored.count + all.count),
                failure: onDisk == nil ? failure(memory) : nil)
        }
    }

    /// The latest of them, for who can wait.
    package func alerts(state: String?, limit: Int) -> [StoredAlert] {
        read { store throws(SeriesStoreError) in
            try Self.alerts(of: store, state: state, limit: limit)
        } and: { onDisk, memory in
            Array(Self.alerts(onDisk ?? [], memory.alerts, state: state).prefix(max(limit, 0)))
        }
    }

    /// Why nothing was read from disk.
    private func failure(_ memory: StoreMemory) -> SeriesStoreError {
        memory.error ?? .failed(path: directory, reason: "the store is closed")
    }

    private static func alerts(
        of store: SeriesStore, state: String?, limit: Int
    ) throws(SeriesStoreError) -> [StoredAlert] {
        // One that is replaced in memory may be among the first on disk.
        try store.alerts(state: state, limit: max(limit, 0) + PendingAlerts.most)
    }

    private static func alerts(_ onDisk: [StoredAlert], _ pending: PendingAlerts, state: String?) -> [StoredAlert] {
        let replaced = Set(pending.all.map { AlertKey($0) })
        let all =
            onDisk.filter { !replaced.contains(AlertKey($0)) }
            + pending.all.filter { state == nil || $0.state == state }
        return all.sorted { ($0.resolvedAt ?? $0.since) > ($1.resolvedAt ?? $1.since) }
    }
}

extension Backlog {
    fileprivate func points(
        where isWanted: (SeriesKey) -> Bool
    ) -> [(key: SeriesKey, point: SeriesPoint)] {
        batches.flatMap { batch in
            batch.readings.filter { isWanted($0.key) }.map { reading in
                let amounts = MemoryAmounts(leakable: reading.bytes, resident: reading.resident)
                return (reading.key, SeriesPoint(wall: batch.wall, monotonic: batch.monotonic, amounts: amounts))
            }
        }
    }

    fileprivate func sums(where isMember: (SeriesKey) -> Bool) -> [GroupPoint] {
        batches.compactMap { batch in
            let amounts = batch.readings.filter { isMember($0.key) }
                .map { MemoryAmounts(leakable: $0.bytes, resident: $0.resident) }
            guard let first = amounts.first else { return nil }
            let sum = amounts.dropFirst().reduce(first, +)
            return GroupPoint(
                sum: SeriesPoint(wall: batch.wall, monotonic: batch.monotonic, amounts: sum), processes: amounts.count)
        }
    }
}

/// What a store has read that continues in memory while the disk fails.
package struct StoreReading<Value: Sendable>: Sendable {
    package let value: Value
    /// Why only what is in memory is in it; `nil` when the disk could be read.
    package let failure: SeriesStoreError?
}

/// The latest alerts of all that there are.
package struct StoredAlerts: Sendable {
    package let latest: [StoredAlert]
    package let total: Int
}
