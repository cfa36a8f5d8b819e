import Foundation
import GRDB
import SystemSupport

/// The database's file in the state directory, open and checked.
struct StoreFile {
    let path: String
    let queue: DatabaseQueue
    /// What had to be repaired, for the log.
    let notes: [String]
    private let directory: StoreDirectory
    private let opened: FileStatus

    /// Files of each kind that were moved aside; the newest are kept.
    private static let keptFiles = 2

    init(in name: String, trust: FileTrust) throws(SeriesStoreError) {
        directory = try StoreDirectory(name)
        path = directory.path + "/sonde.sqlite"
        for suffix in ["", "-wal", "-shm", "-journal"] { try directory.check(file: path + suffix) }
        let before = Self.status(of: path)
        do throws(SeriesStoreError) {
            (queue, notes) = try Self.open(path, in: directory, trust)
        } catch .damaged(_, let reason) {
            let aside = try Self.moveAside(path, as: "damaged")
            (queue, _) = try Self.open(path, in: directory, .trusted)
            notes = [
                "\(path) was damaged (\(reason)) and is now \(aside); a new database was created, "
                    + "without the \(before?.size ?? 0) bytes of history"
            ]
        } catch .outdated(_, let version) {
            let aside = try Self.moveAside(path, as: "outdated")
            (queue, _) = try Self.open(path, in: directory, .trusted)
            notes = [
                "\(path) was written by an earlier version of sonde (schema \(version), now \(Schema.version)) and is "
                    + "now \(aside); a new database was created"
            ]
        }
        guard let status = Self.status(of: path) else { throw .removed(path: path) }
        opened = status
    }

    /// Throws when the path no longer leads to the open file: what is written then would be lost when it is closed.
    func checkPlace() throws(SeriesStoreError) {
        guard let now = Self.status(of: path), now.device == opened.device, now.inode == opened.inode else {
            throw .removed(path: path)
        }
    }

    var walBytes: UInt64 { Self.status(of: path + "-wal")?.size ?? 0 }

    /// `nil` for a file that isn't there or can't be read.
    private static func status(of path: String) -> FileStatus? { try? FileStatus(path: path, followsLink: false) }

    private static func open(
        _ path: String, in directory: StoreDirectory, _ trust: FileTrust
    ) throws(SeriesStoreError) -> (DatabaseQueue, notes: [String]) {
        try directory.touch(file: path)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            do {
                let notes = try queue.inDatabase { database in
                    let notes = try check(database, path: path, trust)
                    try Schema.prepare(database, path: path)
                    return try notes + removeDamagedRecords(of: database, path: path)
                }
                return (queue, notes)
            } catch {
                try? queue.close()
                throw error
            }
        } catch {
            throw SeriesStoreError(error, path: path)
        }
    }

    /// How SQLite works on the file.
    ///
    /// `locking_mode` EXCLUSIVE keeps the index of the write-ahead log in memory, so that no file is mapped whose
    /// pages a full disk could take away, and keeps others out. `synchronous` NORMAL: a commit is in the page cache,
    /// which a SIGKILL doesn't touch; a power failure loses what came after the last checkpoint, and damages nothing.
    /// Checkpoints, which wait for the disk, are for `maintain()`; a commit makes one at 16 MB only.
    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(1)
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA cell_size_check = ON;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cache_size = -1024;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA auto_vacuum = INCREMENTAL;
                    PRAGMA locking_mode = EXCLUSIVE;
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = NORMAL;
                    PRAGMA journal_size_limit = 1048576;
                    PRAGMA wal_autocheckpoint = 4096;
                    """)
        }
        return configuration
    }

    /// Returns what was repaired.
    private static func check(_ database: Database, path: String, _ trust: FileTrust) throws -> [String] {
        switch trust {
        case .trusted:
            // It doesn't compare indexes with their tables, which takes many times as long.
            try expectOK("quick_check", of: database, path: path)
        case .suspect:
            do {
                try expectOK("integrity_check", of: database, path: path)
            } catch SeriesStoreError.damaged(_, let reason) {
                try database.execute(sql: "REINDEX")
                try expectOK("integrity_check", of: database, path: path)
                return ["\(path) was damaged (\(reason)); its indexes were rebuilt from its tables"]
            }
        case .none:
            throw SeriesStoreError.damaged(path: path, reason: "again, after it was checked")
        }
        return []
    }

    private static func expectOK(_ check: String, of database: Database, path: String) throws {
        let result = try String.fetchOne(database, sql: "PRAGMA \(check)(1)")
        guard result == "ok" else {
            throw SeriesStoreError.damaged(path: path, reason: result ?? "the check gave no result")
        }
    }

    private static func removeDamagedRecords(of database: Database, path: String) throws -> [String] {
        var count = 0
        try database.inTransaction {
            count = try DamagedRecords(in: database).remove()
            return .commit
        }
        return count == 0 ? [] : ["\(path): \(count) damaged records were removed"]
    }

    /// Renames the file, removes its log, and deletes the oldest that were moved aside for the same reason; returns the
    /// new path.
    private static func moveAside(_ path: String, as reason: String) throws(SeriesStoreError) -> String {
        let files = FileManager.default
        let time = UTCTimestamp.now.fileName
        var aside = "\(path).\(reason)-\(time)"
        if status(of: aside) != nil { aside += "-\(UUID().uuidString)" }
        do {
            try files.moveItem(atPath: path, toPath: aside)
            for suffix in ["-wal", "-shm", "-journal"] where status(of: path + suffix) != nil {
                try files.removeItem(atPath: path + suffix)
            }
        } catch {
            throw .failed(path: path, reason: "\(reason), and can't be moved aside (\(error.localizedDescription))")
        }
        let url = URL(filePath: path)
        let prefix = url.lastPathComponent + ".\(reason)-"
        let directory = url.deletingLastPathComponent().path
        let old = ((try? files.contentsOfDirectory(atPath: directory)) ?? []).filter { $0.hasPrefix(prefix) }
        for name in old.sorted().dropLast(keptFiles) { try? files.removeItem(atPath: "\(directory)/\(name)") }
        return aside
    }
}

/// What is known of a database's file before it is opened.
enum FileTrust {
    case trusted
    /// It failed as damaged while it was in use: a quick check may not see why.
    case suspect
    /// It failed again soon after all of it was checked.
    case none
}
