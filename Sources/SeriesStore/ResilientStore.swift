import Synchronization

/// A store that goes on in memory while the disk is full, the file damaged or the directory gone, and writes what it can
/// once that is mended.
///
/// Nothing here throws: what is neither on disk nor in memory is missing from what is read, and counted.
package final class ResilientStore: Sendable {
    package enum Status: Equatable, Sendable {
        case working
        /// Looks are kept in memory only, and why.
        case failing(SeriesStoreError)
    }

    /// Since the beginning.
    package struct Counters: Equatable, Sendable {
        package var storedReadings: UInt64 = 0
        /// Readings that were dropped, since too many looks could not be written.
        package var unstoredReadings: UInt64 = 0
        package var errors: UInt64 = 0
    }

    private let directory: String
    private let contents: Mutex<Contents>

    struct Contents {
        var retention: RetentionSettings
        var store: SeriesStore?
        var error: SeriesStoreError?
        var backlog = Backlog()
        var alerts = PendingAlerts()
        /// What is known of those that live, or ended in a look that is not written yet.
        var descriptions: [SeriesSubject: SubjectDescription] = [:]
        var retry = RetryTime()
        var storedReadings: UInt64 = 0
        var errors: UInt64 = 0
        var notes: [String] = []
        /// A store that is opened again may have begun anew: who the processes are has to be said again.
        var mustDescribe = false
    }

    /// Looks that one call writes at most, so that the next look isn't late.
    private static let looksAtOnce = 60

    /// Opens the store; when that fails it goes on without, and `status` says why.
    package init(directory: String, retention: RetentionSettings) {
        self.directory = directory
        var contents = Contents(retention: retention)
        do throws(SeriesStoreError) {
            try contents.open(directory)
        } catch {
            contents.fail(error, at: nil)
        }
        self.contents = Mutex(contents)
    }

    package var status: Status {
        contents.withLock { contents in contents.error.map { .failing($0) } ?? .working }
    }

    package var counters: Counters {
        contents.withLock { contents in
            Counters(
                storedReadings: contents.storedReadings, unstoredReadings: contents.backlog.droppedReadings,
                errors: contents.errors)
        }
    }

    /// What was mended when the store was opened, in words, since this was asked last.
    package func takeNotes() -> [String] {
        contents.withLock { contents in
            defer { contents.notes = [] }
            return contents.notes
        }
    }

    /// What `maintain()` goes by from now on.
    package func keep(_ retention: RetentionSettings) {
        contents.withLock { contents in
            contents.retention = retention
            contents.store?.keep(retention)
        }
    }

    /// Writes the look, or keeps it to be written with a later one.
    package func append(_ batch: SeriesBatch) {
        contents.withLock { contents in
            contents.descriptions.merge(batch.descriptions) { _, new in new }
            contents.backlog.append(batch)
            guard contents.error == nil || contents.retry.isDue(at: batch.monotonic) else { return }
            contents.attempt(at: batch.monotonic) { contents throws(SeriesStoreError) in
                try contents.open(directory)
                if contents.error != nil { try contents.store?.mergeLog() }
                try contents.write(atMost: Self.looksAtOnce)
            }
        }
    }

    /// Writes the alert, or keeps it to be written with a later look.
    package func save(_ alert: StoredAlert) {
        contents.withLock { contents in
            contents.alerts.add(alert)
            guard contents.error == nil else { return }
            contents.attempt(at: nil) { contents throws(SeriesStoreError) in try contents.writeAlerts() }
        }
    }

    /// As `SeriesStore.maintain()`; does nothing while the store fails.
    @discardableResult
    package func maintain() -> Bool {
        contents.withLock { contents in
            guard contents.error == nil else { return false }
            return contents.attempt(at: nil) { contents throws(SeriesStoreError) in
                try contents.store?.maintain() ?? false
            } ?? false
        }
    }

    /// Writes what can be written at once, and lets go of the directory.
    package func close() {
        contents.withLock { contents in
            _ = contents.attempt(at: nil) { contents throws(SeriesStoreError) in
                try contents.write(atMost: Backlog.mostBatches)
            }
            contents.store?.close()
            contents.store = nil
        }
    }

    /// What the body reads from disk, `nil` when it can't, and what is only in memory.
    func read<OnDisk: Sendable, Result: Sendable>(
        _ body: (SeriesStore) throws(SeriesStoreError) -> OnDisk, and inMemory: (OnDisk?, inout Contents) -> Result
    ) -> Result {
        contents.withLock { contents in
            let onDisk = contents.attempt(at: nil, isWrite: false) { contents throws(SeriesStoreError) -> OnDisk? in
                guard let store = contents.store else { return nil }
                return try body(store)
            }
            return inMemory(onDisk ?? nil, &contents)
        }
    }
}

extension ResilientStore.Contents {
    mutating func open(_ directory: String) throws(SeriesStoreError) {
        guard store == nil else { return }
        let opened = try SeriesStore(directory: directory, retention: retention)
        notes = Array((notes + opened.openingNotes).suffix(20))
        store = opened
        mustDescribe = !descriptions.isEmpty
    }

    mutating func write(atMost limit: Int) throws(SeriesStoreError) {
        guard let store else { return }
        if mustDescribe { backlog.describe(descriptions) }
        for _ in 0..<limit {
            guard let batch = backlog.batches.first else { break }
            try store.append(batch)
            mustDescribe = false
            storedReadings += UInt64(batch.readings.count)
            backlog.removeFirst()
            for subject in batch.ended { descriptions[subject] = nil }
        }
        try writeAlerts()
    }

    mutating func writeAlerts() throws(SeriesStoreError) {
        guard let store else { return }
        while let alert = alerts.first {
            try store.save(alert)
            alerts.removeFirst()
        }
    }

    /// Does the work on the store; a failure becomes the status, and so does a success after it that wrote something.
    mutating func attempt<Result>(
        at monotonic: Double?, isWrite: Bool = true,
        _ work: (inout Self) throws(SeriesStoreError) -> Result
    ) -> Result? {
        do throws(SeriesStoreError) {
            let result = try work(&self)
            if isWrite, store != nil {
                error = nil
                retry = RetryTime()
            }
            return result
        } catch {
            fail(error, at: monotonic)
            return nil
        }
    }

    /// All but a full disk may be mended by opening the file again.
    mutating func fail(_ failure: SeriesStoreError, at monotonic: Double?) {
        errors += 1
        error = failure
        retry.postpone(from: monotonic)
        if case .full = failure { return }
        store?.close()
        store = nil
    }
}
