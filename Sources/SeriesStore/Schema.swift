import GRDB

/// The tables.
enum Schema {
    /// In `PRAGMA user_version`.
    ///
    /// A database with a higher one is of a later version of Sonde, and refused; one with a lower one is moved aside.
    static let version = 3

    /// The statements that make them.
    ///
    /// Times named `time`, `began`, `seen`, `ended` and `kept` are `StoreTime` in milliseconds; texts from processes are
    /// blobs of UTF-8, since SQLite's texts end at a NUL. `brief_series` has the series that no sum names.
    private static let tables = """
        CREATE TABLE boots (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE) STRICT;
        CREATE TABLE clock_epochs (
            id INTEGER PRIMARY KEY, boot INTEGER NOT NULL REFERENCES boots, origin INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE groups (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, seen INTEGER NOT NULL DEFAULT 0) STRICT;
        CREATE TABLE series (
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
        CREATE INDEX ended_series ON series (ended) WHERE ended IS NOT NULL;
        CREATE INDEX series_by_seen ON series (seen);
        CREATE TABLE collections (
            time INTEGER PRIMARY KEY,
            epoch INTEGER NOT NULL REFERENCES clock_epochs,
            monotonic REAL NOT NULL,
            wall REAL NOT NULL,
            complete INTEGER NOT NULL,
            content BLOB NOT NULL
        ) STRICT;
        CREATE TABLE five_minutes (
            time INTEGER PRIMARY KEY,
            epoch INTEGER NOT NULL REFERENCES clock_epochs,
            wall REAL NOT NULL,
            content BLOB NOT NULL
        ) STRICT;
        CREATE TABLE hours (
            time INTEGER PRIMARY KEY,
            epoch INTEGER NOT NULL REFERENCES clock_epochs,
            wall REAL NOT NULL,
            content BLOB NOT NULL
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
        CREATE INDEX brief_series ON series (ended) WHERE began / 300000 = ended / 300000;
        """

    /// What databases of this version may lack, since it doesn't concern what is in the others.
    private static let additions = """
        CREATE TABLE IF NOT EXISTS services (
            name BLOB NOT NULL, command BLOB NOT NULL, kept INTEGER NOT NULL, json BLOB NOT NULL,
            PRIMARY KEY (name, command)
        ) STRICT, WITHOUT ROWID;
        """

    /// Makes the tables in an empty database; throws `newer` or `outdated` for one of another version.
    static func prepare(_ database: Database, path: String) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard found != version else { return try database.execute(sql: additions) }
        guard found <= version else { throw SeriesStoreError.newer(path: path) }
        guard found >= 0 else { throw SeriesStoreError.damaged(path: path, reason: "version \(found)") }
        guard found == 0 else { throw SeriesStoreError.outdated(path: path, version: found) }
        try database.inTransaction {
            try database.execute(sql: tables + additions)
            try database.execute(sql: "PRAGMA user_version = \(version)")
            return .commit
        }
    }
}
