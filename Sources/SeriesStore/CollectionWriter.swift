import Foundation
import GRDB

/// Appends collections, and knows what the latest one read, so that only what differs is written.
struct CollectionWriter {
    private(set) var newest: CollectionTime?
    private var epoch: ClockEpoch?
    private var boots: [String: Int64] = [:]
    /// The rows of those in the latest collection.
    private var rows: [SeriesKey: Int64] = [:]
    /// What the latest collection read, by row; `nil` at the beginning, when the next collection has to be complete.
    private var written: [Int64: MemoryAmounts]?

    /// Longer texts are cut; what processes are called is theirs to choose.
    static let longestText = 4096

    init(continuing database: Database) throws {
        newest = try CollectionTime.newest(in: database)
        if let newest { epoch = try ClockEpoch.fetch(newest.epoch, from: database) }
    }

    mutating func append(_ batch: SeriesBatch, to database: Database) throws {
        if let newest, epoch?.bootID == batch.bootID, newest.monotonic == batch.monotonic, newest.wall == batch.wall {
            return
        }
        let previous = newest
        let collection = try place(batch, in: database)
        if previous?.epoch != collection.epoch
            || previous?.time.start(of: .fiveMinutes) != collection.time.start(of: .fiveMinutes)
        {
            written = nil
        }
        let readings = try identify(batch, at: collection.time, in: database)
        let record = CollectionRecord(readings, after: written)
        try database.cachedStatement(sql: "INSERT INTO collections VALUES (?, ?, ?, ?, ?, ?)").execute(arguments: [
            collection.time.milliseconds, collection.epoch, collection.monotonic, collection.wall, record.isComplete,
            Data(record.content(at: collection)),
        ])
        try end(batch.ended, at: collection.time, in: database)
        newest = collection
        written = readings
    }

    /// Where on the store's clock the collection belongs; begins an epoch when it has to.
    private mutating func place(_ batch: SeriesBatch, in database: Database) throws -> CollectionTime {
        if let newest, let epoch, epoch.bootID == batch.bootID, newest.monotonic < batch.monotonic {
            let next = StoreTime(milliseconds: newest.time.milliseconds + 1)
            return CollectionTime(
                time: max(next, epoch.time(monotonic: batch.monotonic)), epoch: epoch.id, monotonic: batch.monotonic,
                wall: batch.wall)
        }
        let origin = ClockEpoch.origin(after: newest, wall: batch.wall, monotonic: batch.monotonic)
        try database.cachedStatement(sql: "INSERT INTO clock_epochs (boot, origin) VALUES (?, ?)")
            .execute(arguments: [try boot(batch.bootID, in: database), origin.milliseconds])
        let begun = ClockEpoch(id: database.lastInsertedRowID, bootID: batch.bootID, origin: origin)
        epoch = begun
        return CollectionTime(
            time: begun.time(monotonic: batch.monotonic), epoch: begun.id, monotonic: batch.monotonic, wall: batch.wall)
    }

    /// The readings by their series' rows, which are made, found or changed on the way.
    private mutating func identify(
        _ batch: SeriesBatch, at time: StoreTime, in database: Database
    ) throws -> [Int64: MemoryAmounts] {
        var present: [SeriesKey: Int64] = [:]
        var readings: [Int64: MemoryAmounts] = [:]
        present.reserveCapacity(batch.readings.count)
        readings.reserveCapacity(batch.readings.count)
        for reading in batch.readings {
            let row = try rows[reading.key] ?? row(of: reading.key, at: time, in: database)
            present[reading.key] = row
            readings[row] = MemoryAmounts(leakable: reading.bytes, resident: reading.resident)
        }
        let ended = Set(batch.ended)
        for (key, description) in batch.descriptions where present[key] != nil || !ended.contains(key) {
            let row = try present[key] ?? row(of: key, at: time, in: database)
            try describe(row, as: description, at: time, in: database)
        }
        rows = present
        return readings
    }

    private mutating func row(of key: SeriesKey, at time: StoreTime, in database: Database) throws -> Int64 {
        let key: StatementArguments = [
            try boot(key.bootID, in: database), key.process, Int64(bitPattern: key.startTicks),
        ]
        let known = try Int64.fetchOne(
            database.cachedStatement(
                sql: "SELECT id FROM series WHERE boot = ? AND process = ? AND start_ticks = ?"), arguments: key)
        if let known {
            try database.cachedStatement(sql: "UPDATE series SET seen = ?, ended = NULL WHERE id = ?")
                .execute(arguments: [time.milliseconds, known])
            return known
        }
        try database.cachedStatement(
            sql: "INSERT INTO series (boot, process, start_ticks, began, seen) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: key + [time.milliseconds, time.milliseconds])
        return database.lastInsertedRowID
    }

    private func describe(
        _ row: Int64, as description: SeriesDescription, at time: StoreTime, in database: Database
    ) throws {
        let group = try Self.row(of: storedText(description.group), table: "groups", in: database)
        try database.cachedStatement(sql: "UPDATE groups SET seen = ? WHERE id = ?")
            .execute(arguments: [time.milliseconds, group])
        try database.cachedStatement(sql: "UPDATE series SET group_id = ?, command = ?, user = ? WHERE id = ?")
            .execute(arguments: [group, storedText(description.command), Int64(description.user), row])
    }

    private mutating func end(_ series: [SeriesKey], at time: StoreTime, in database: Database) throws {
        for key in series {
            let boot = try boot(key.bootID, in: database)
            try database.cachedStatement(
                sql: """
                    UPDATE series SET ended = ?, seen = ?
                    WHERE boot = ? AND process = ? AND start_ticks = ? AND ended IS NULL
                    """
            ).execute(arguments: [
                time.milliseconds, time.milliseconds, boot, key.process, Int64(bitPattern: key.startTicks),
            ])
            rows[key] = nil
        }
    }

    private mutating func boot(_ name: String, in database: Database) throws -> Int64 {
        if let known = boots[name] { return known }
        let row = try Self.row(of: storedText(name), table: "boots", in: database)
        boots[name] = row
        return row
    }

    private static func row(of name: Data, table: String, in database: Database) throws -> Int64 {
        let known = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT id FROM \(table) WHERE name = ?"), arguments: [name])
        if let known { return known }
        try database.cachedStatement(sql: "INSERT INTO \(table) (name) VALUES (?)").execute(arguments: [name])
        return database.lastInsertedRowID
    }
}
