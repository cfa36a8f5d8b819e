import GRDB

/// The tables, and the way from every earlier version to this one.
enum Schema {
    /// In `PRAGMA user_version`; a database with a higher one is of a later version of sonde.
    static var version: Int { migrations.count }

    /// Each leads from the version of its index to the next; never changed once released.
    private static let migrations = [first, second]

    /// Times named `time`, `began`, `seen`, `ended` and `kept` are `StoreTime` in milliseconds; texts from processes
    /// are blobs of UTF-8, since SQLite's texts end at a NUL.
    private static let first = """
        CREATE TABLE boots (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE) STRICT;
        CREATE TABLE eras (id INTEGER PRIMARY KEY, boot INTEGER NOT NULL REFERENCES boots, origin INTEGER NOT NULL) STRICT;
        CREATE TABLE groups (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, seen INTEGER NOT NULL DEFAULT 0) STRICT;
        CREATE TABLE subjects (
            id INTEGER PRIMARY KEY,
            boot INTEGER NOT NULL REFERENCES boots,
            process INTEGER NOT NULL,
            start_ticks INTEGER NOT NULL,
            group_id INTEGER,
            command BLOB,
            user INTEGER,
            began INTEGER NOT NULL,
            seen INTEGER NOT NULL,
            ended INTEGER,
            UNIQUE (boot, process, start_ticks)
        ) STRICT;
        CREATE INDEX ended_subjects ON subjects (ended) WHERE ended IS NOT NULL;
        CREATE INDEX subjects_by_seen ON subjects (seen);
        CREATE TABLE looks (
            time INTEGER PRIMARY KEY,
            era INTEGER NOT NULL REFERENCES eras,
            monotonic REAL NOT NULL,
            wall REAL NOT NULL,
            complete INTEGER NOT NULL,
            content BLOB NOT NULL
        ) STRICT;
        CREATE TABLE five_minutes (
            time INTEGER PRIMARY KEY, era INTEGER NOT NULL REFERENCES eras, wall REAL NOT NULL, content BLOB NOT NULL
        ) STRICT;
        CREATE TABLE hours (
            time INTEGER PRIMARY KEY, era INTEGER NOT NULL REFERENCES eras, wall REAL NOT NULL, content BLOB NOT NULL
        ) STRICT;
        CREATE TABLE alerts (
            id BLOB NOT NULL,
            since REAL NOT NULL,
            state BLOB NOT NULL,
            resolved_at REAL,
            kept INTEGER NOT NULL,
            json BLOB NOT NULL,
            PRIMARY KEY (id, since)
        ) STRICT, WITHOUT ROWID;
        """

    /// Of subjects that no sum names.
    private static let second = """
        CREATE INDEX brief_subjects ON subjects (ended) WHERE began / 300000 = ended / 300000;
        """

    /// Brings a database, empty or of any earlier version, to this one; throws `newer` for one of a later version.
    static func migrate(_ database: Database, path: String) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard found <= version else { throw SeriesStoreError.newer(path: path) }
        guard found >= 0 else { throw SeriesStoreError.damaged(path: path, reason: "version \(found)") }
        guard found < version else { return }
        try database.inTransaction {
            for migration in migrations[found...] { try database.execute(sql: migration) }
            try database.execute(sql: "PRAGMA user_version = \(version)")
            return .commit
        }
    }
}
