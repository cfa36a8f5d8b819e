import GRDB
import Synchronization

/// The agent's memory on disk: what every process used over the last months, and the alerts.
///
/// One SQLite database in the state directory. Each collection is one transaction, so that a SIGKILL at any moment loses the
/// collection that was being written and no other; a power failure loses what came after the last `maintain()` that summed up
/// five minutes. All calls block, and wait for each other.
package final class SeriesStore: Sendable {
    /// The database's file.
    package let path: String
    /// What had to be repaired when it was opened, for the log.
    package let openingNotes: [String]
    private let contents: Mutex<Contents?>

    struct Contents {
        let file: StoreFile
        var retention: RetentionSettings
        /// `nil` until the first collection is appended, and after a failure: what is on disk decides then.
        var writer: CollectionWriter?
    }

    /// Opens the store in a directory that is this user's alone, or begins one.
    package convenience init(directory: String, retention: RetentionSettings) throws(SeriesStoreError) {
        try self.init(directory: directory, retention: retention, trust: .trusted)
    }

    init(directory: String, retention: RetentionSettings, trust: FileTrust) throws(SeriesStoreError) {
        let file = try StoreFile(in: directory, trust: trust)
        path = file.path
        openingNotes = file.notes
        contents = Mutex(Contents(file: file, retention: retention, writer: nil))
    }

    /// What `maintain()` goes by from now on.
    package func keep(_ retention: RetentionSettings) {
        contents.withLock { $0?.retention = retention }
    }

    /// Writes all that a collection has read, or nothing of it when it throws.
    ///
    /// Readings that are those of the collection before cost nothing but every five minutes. The same collection twice counts once.
    package func append(_ batch: SeriesBatch) throws(SeriesStoreError) {
        try access { contents in
            try contents.file.checkPlace()
            let known = contents.writer
            contents.writer = nil
            contents.writer = try contents.file.queue.write { database in
                var writer = try known ?? CollectionWriter(continuing: database)
                try writer.append(batch, to: database)
                return writer
            }
        }
    }

    /// Writes what is left to write and unlocks the directory; every later call throws.
    package func close() {
        contents.withLock { contents in
            // The log is merged into the database; what fails here is merged at the next opening.
            try? contents?.file.queue.close()
            contents = nil
        }
    }

    func read<Result: Sendable>(_ body: (Database) throws -> Result) throws(SeriesStoreError) -> Result {
        try access { contents in try contents.file.queue.read(body) }
    }

    /// Calls the body with the store to itself, and gives its errors as the store's.
    func access<Result: Sendable>(
        _ body: (inout Contents) throws -> Result
    ) throws(SeriesStoreError) -> Result {
        let outcome = contents.withLock { contents -> Swift.Result<Result, SeriesStoreError> in
            guard var open = contents else { return .failure(.failed(path: path, reason: "closed")) }
            // No second reference, so that what is written is changed in place.
            contents = nil
            defer { contents = open }
            do {
                return .success(try body(&open))
            } catch {
                return .failure(SeriesStoreError(error, path: path))
            }
        }
        return try outcome.get()
    }
}

/// How long the store keeps what, in seconds, and how large it may grow.
package struct RetentionSettings: Equatable, Sendable {
    /// Readings as they were taken.
    package var raw: Double = 2 * 3600
    /// Readings of 5 minutes together.
    package var fiveMinutes: Double = 4 * 86_400
    /// Readings of an hour together.
    package var hour: Double = 90 * 86_400
    /// Alerts that are resolved.
    package var alerts: Double = 90 * 86_400
    /// The database and its write-ahead log together, in bytes; the oldest goes first.
    package var maximumBytes: UInt64 = 512 << 20

    package init() {}
}
