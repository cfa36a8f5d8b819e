import Dispatch
import Synchronization

/// A store that continues in memory while the disk is full or slow, the file damaged or the directory removed, and writes
/// what it can once that is repaired.
///
/// Nothing here throws: what is neither on disk nor in memory is missing from what is read, and counted. What is written is
/// handed to a queue of the store's own, so that `append`, `save`, `maintain`, `status` and `counters` never wait for the
/// disk; while that hangs, collections gather in memory within bounds. What is read waits for the disk, after what was handed
/// over before.
package final class ResilientStore: Sendable {
    package enum Status: Equatable, Sendable {
        case working
        /// Collections are kept in memory only, and why.
        case failing(SeriesStoreError)
    }

    /// Since the beginning.
    package struct Counters: Equatable, Sendable {
        package var storedReadings: UInt64 = 0
        /// Readings that were dropped, since too many collections could not be written.
        package var unstoredReadings: UInt64 = 0
        package var errors: UInt64 = 0
    }

    let directory: String
    private let memory: Mutex<StoreMemory>
    /// Locked on the worker's queue alone, after the initialiser.
    private let disk = Mutex(StoreDisk())
    private let worker = DispatchQueue(label: "sonde.store", qos: .utility)

    /// Collections that are written at once at most, so that others get their turn.
    private static let collectionsAtOnce = 60

    /// Opens the store, which waits for the disk; when that fails it continues in memory, and `status` says why.
    package init(directory: String, retention: RetentionSettings) {
        self.directory = directory
        memory = Mutex(StoreMemory(retention: retention))
        disk.withLock { disk in
            _ = attempt(&disk, at: nil) { disk throws(SeriesStoreError) in try open(&disk) }
        }
    }

    package var status: Status { memory.withLock { $0.error.map { .failing($0) } ?? .working } }

    package var counters: Counters {
        memory.withLock { memory in
            Counters(
                storedReadings: memory.storedReadings, unstoredReadings: memory.backlog.droppedReadings,
                errors: memory.errors)
        }
    }

    /// What was repaired when the store was opened, for the log, since the last call.
    package func takeNotes() -> [String] {
        memory.withLock { memory in
            defer { memory.notes = [] }
            return memory.notes
        }
    }

    /// What `maintain()` goes by from now on.
    package func keep(_ retention: RetentionSettings) {
        memory.withLock { $0.retention = retention }
        ask(for: .keep)
    }

    /// Has the collection written, or keeps it to be written with a later one.
    package func append(_ batch: SeriesBatch) {
        memory.withLock { $0.add(batch) }
        ask(for: .write)
    }

    /// Has the alert written, or keeps it to be written with a later collection.
    package func save(_ alert: StoredAlert) {
        memory.withLock { $0.alerts.add(alert) }
        ask(for: .write)
    }

    /// Has what is known of services written, or keeps it to be written with a later collection.
    package func save(_ services: [StoredService]) {
        guard !services.isEmpty else { return }
        memory.withLock { $0.services.add(services) }
        ask(for: .write)
    }

    /// Has `SeriesStore.maintain()` called, now and with each collection until nothing is left; does nothing while the store
    /// fails.
    package func maintain() { ask(for: .maintain) }

    /// Waits until all that was asked for is done or has failed.
    package func settle() { worker.sync {} }

    /// Writes what can be written at once; what comes later stays in memory.
    ///
    /// What a process that is killed after that has left is whole.
    package func flush() async {
        memory.withLock { $0.close() }
        await withCheckedContinuation { continuation in
            worker.async {
                self.writeRest()
                continuation.resume()
            }
        }
    }

    /// As `flush`, then merges the write-ahead log, which waits for the disk longer, and unlocks the directory.
    package func close() async {
        await flush()
        await withCheckedContinuation { continuation in
            worker.async {
                self.disk.withLock { $0.close() }
                continuation.resume()
            }
        }
    }

    /// What the body reads from disk, `nil` when it can't, and what is only in memory; waits for the disk.
    func read<OnDisk: Sendable, Result: Sendable>(
        _ body: (SeriesStore) throws(SeriesStoreError) -> OnDisk, and inMemory: (OnDisk?, inout StoreMemory) -> Result
    ) -> Result {
        worker.sync { readHere(body, and: inMemory) }
    }

    /// As `read`, without a thread that waits.
    func readLater<OnDisk: Sendable, Result: Sendable>(
        _ body: @escaping @Sendable (SeriesStore) throws(SeriesStoreError) -> OnDisk,
        and inMemory: @escaping @Sendable (OnDisk?, inout StoreMemory) -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in
            worker.async { continuation.resume(returning: self.readHere(body, and: inMemory)) }
        }
    }
}

/// What the worker does.
extension ResilientStore {
    private func ask(for work: StoreWork) {
        guard memory.withLock({ $0.ask(for: work) }) else { return }
        worker.async {
            self.memory.withLock { $0.begin(work) }
            switch work {
            case .write: self.write()
            case .maintain: self.maintainOnce()
            case .keep: self.disk.withLock { $0.store?.keep(self.memory.withLock { $0.retention }) }
            }
        }
    }

    private func write() {
        let (latest, failure) = memory.withLock { ($0.latest, $0.error) }
        let isMore = disk.withLock { disk in
            guard failure == nil || disk.retry.isDue(at: latest ?? 0) else { return false }
            return attempt(&disk, at: latest) { disk throws(SeriesStoreError) in
                try open(&disk)
                if failure != nil { try disk.store?.mergeLog() }
                return try writeCollections(&disk, atMost: Self.collectionsAtOnce)
            } ?? false
        }
        if isMore { ask(for: .write) }
        if memory.withLock({ $0.isMaintenanceLeft }) { ask(for: .maintain) }
    }

    private func maintainOnce() {
        guard status == .working else { return }
        let isMore = disk.withLock { disk in
            attempt(&disk, at: nil) { disk throws(SeriesStoreError) in
                try disk.store?.maintain { self.memory.withLock { !$0.isClosed } } ?? false
            } ?? false
        }
        memory.withLock { $0.isMaintenanceLeft = isMore }
    }

    private func writeRest() {
        disk.withLock { disk in
            _ = attempt(&disk, at: nil) { disk throws(SeriesStoreError) in
                try writeCollections(&disk, atMost: Backlog.mostBatches)
            }
        }
    }

    private func readHere<OnDisk: Sendable, Result: Sendable>(
        _ body: (SeriesStore) throws(SeriesStoreError) -> OnDisk, and inMemory: (OnDisk?, inout StoreMemory) -> Result
    ) -> Result {
        disk.withLock { disk in
            let onDisk = attempt(&disk, at: nil, isWrite: false) { disk throws(SeriesStoreError) -> OnDisk? in
                guard let store = disk.store else { return nil }
                return try body(store)
            }
            return memory.withLock { inMemory(onDisk ?? nil, &$0) }
        }
    }

    private func open(_ disk: inout StoreDisk) throws(SeriesStoreError) {
        guard disk.store == nil else { return }
        let opened = try SeriesStore(
            directory: directory, retention: memory.withLock { $0.retention }, trust: disk.trust)
        disk.mustDescribe = memory.withLock { memory in
            memory.note(opened.openingNotes)
            return !memory.series.descriptions.isEmpty
        }
        disk.noteOpened(opened)
    }

    /// Returns whether collections are left.
    private func writeCollections(_ disk: inout StoreDisk, atMost limit: Int) throws(SeriesStoreError) -> Bool {
        guard let store = disk.store else { return false }
        for _ in 0..<limit {
            // Out of the backlog, which may drop collections while this one is written.
            guard let batch = memory.withLock({ $0.backlog.takeFirst() }) else { break }
            var described = batch
            if disk.mustDescribe { described.describe(memory.withLock { $0.series.descriptions }) }
            do throws(SeriesStoreError) {
                try store.append(described)
            } catch {
                memory.withLock { $0.backlog.putBack(batch) }
                throw error
            }
            disk.mustDescribe = false
            memory.withLock { $0.noteWritten(batch) }
        }
        while let alert = memory.withLock({ $0.alerts.first }) {
            try store.save(alert)
            memory.withLock { $0.alerts.remove(alert) }
        }
        try writeServices(store)
        return memory.withLock { !$0.backlog.batches.isEmpty }
    }

    private func writeServices(_ store: SeriesStore) throws(SeriesStoreError) {
        let services = memory.withLock { $0.services.takeAll() }
        do throws(SeriesStoreError) {
            try store.save(services)
        } catch {
            memory.withLock { $0.services.putBack(services) }
            throw error
        }
    }

    /// Does the work on the store; a failure becomes the status, and so does a success after it that wrote something.
    private func attempt<Result>(
        _ disk: inout StoreDisk, at monotonic: Double?, isWrite: Bool = true,
        _ work: (inout StoreDisk) throws(SeriesStoreError) -> Result
    ) -> Result? {
        do throws(SeriesStoreError) {
            let result = try work(&disk)
            if isWrite, disk.store != nil {
                memory.withLock { $0.error = nil }
                disk.retry = RetryTime()
            }
            return result
        } catch {
            fail(&disk, error, at: monotonic)
            return nil
        }
    }

    /// All but a full disk may be repaired by opening the file again.
    private func fail(_ disk: inout StoreDisk, _ failure: SeriesStoreError, at monotonic: Double?) {
        memory.withLock { memory in
            memory.errors += 1
            memory.error = failure
        }
        disk.retry.postpone(from: monotonic)
        switch failure {
        case .full: return
        case .damaged: disk.noteDamage()
        default: break
        }
        disk.close()
    }
}
