import Foundation
import GRDB

/// Appends looks, and knows what the latest one read, so that only what differs is written.
struct LookWriter {
    private(set) var newest: LookTime?
    private var era: Era?
    private var boots: [String: Int64] = [:]
    /// The rows of those in the latest look.
    private var rows: [SeriesSubject: Int64] = [:]
    /// What the latest look read, by row; `nil` at the beginning, when the next look has to be complete.
    private var written: [Int64: MemoryAmounts]?

    /// Longer texts are cut; what processes are called is theirs to choose.
    static let longestText = 4096

    init(continuing database: Database) throws {
        newest = try LookTime.newest(in: database)
        if let newest { era = try Era.fetch(newest.era, from: database) }
    }

    mutating func append(_ batch: SeriesBatch, to database: Database) throws {
        if let newest, era?.bootID == batch.bootID, newest.monotonic == batch.monotonic, newest.wall == batch.wall {
            return
        }
        let previous = newest
        let look = try place(batch, in: database)
        if previous?.era != look.era || previous?.time.start(of: .fiveMinutes) != look.time.start(of: .fiveMinutes) {
            written = nil
        }
        let readings = try identify(batch, at: look.time, in: database)
        let record = LookRecord(readings, after: written)
        try database.cachedStatement(sql: "INSERT INTO looks VALUES (?, ?, ?, ?, ?, ?)").execute(arguments: [
            look.time.milliseconds, look.era, look.monotonic, look.wall, record.isComplete,
            Data(record.content(at: look)),
        ])
        try end(batch.ended, at: look.time, in: database)
        newest = look
        written = readings
    }

    /// Where on the store's clock the look belongs; begins an era when it has to.
    private mutating func place(_ batch: SeriesBatch, in database: Database) throws -> LookTime {
        if let newest, let era, era.bootID == batch.bootID, newest.monotonic < batch.monotonic {
            let next = StoreTime(milliseconds: newest.time.milliseconds + 1)
            return LookTime(
                time: max(next, era.time(monotonic: batch.monotonic)), era: era.id, monotonic: batch.monotonic,
                wall: batch.wall)
        }
        let origin = Era.origin(after: newest, wall: batch.wall, monotonic: batch.monotonic)
        try database.cachedStatement(sql: "INSERT INTO eras (boot, origin) VALUES (?, ?)")
            .execute(arguments: [try boot(batch.bootID, in: database), origin.milliseconds])
        let begun = Era(id: database.lastInsertedRowID, bootID: batch.bootID, origin: origin)
        era = begun
        return LookTime(
            time: begun.time(monotonic: batch.monotonic), era: begun.id, monotonic: batch.monotonic, wall: batch.wall)
    }

    /// The readings by their subjects' rows, which are made, found or changed on the way.
    private mutating func identify(
        _ batch: SeriesBatch, at time: StoreTime, in database: Database
    ) throws -> [Int64: MemoryAmounts] {
        var present: [SeriesSubject: Int64] = [:]
        var readings: [Int64: MemoryAmounts] = [:]
        present.reserveCapacity(batch.readings.count)
        readings.reserveCapacity(batch.readings.count)
        for reading in batch.readings {
            let row = try rows[reading.subject] ?? row(of: reading.subject, at: time, in: database)
            present[reading.subject] = row
            readings[row] = MemoryAmounts(leakable: reading.bytes, resident: reading.resident)
        }
        let ended = Set(batch.ended)
        for (subject, description) in batch.descriptions where present[subject] != nil || !ended.contains(subject) {
            let row = try present[subject] ?? row(of: subject, at: time, in: database)
            try describe(row, as: description, at: time, in: database)
        }
        rows = present
        return readings
    }

    private mutating func row(of subject: SeriesSubject, at time: StoreTime, in database: Database) throws -> Int64 {
        let key: StatementArguments = [
            try boot(subject.bootID, in: database), subject.process, Int64(bitPattern: subject.startTicks),
        ]
        let known = try Int64.fetchOne(
            database.cachedStatement(
                sql: "SELECT id FROM subjects WHERE boot = ? AND process = ? AND start_ticks = ?"), arguments: key)
        if let known {
            try database.cachedStatement(sql: "UPDATE subjects SET seen = ?, ended = NULL WHERE id = ?")
                .execute(arguments: [time.milliseconds, known])
            return known
        }
        try database.cachedStatement(
            sql: "INSERT INTO subjects (boot, process, start_ticks, began, seen) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: key + [time.milliseconds, time.milliseconds])
        return database.lastInsertedRowID
    }

    private func describe(
        _ row: Int64, as description: SubjectDescription, at time: StoreTime, in database: Database
    ) throws {
        let group = try Self.row(of: storedText(description.group), table: "groups", in: database)
        try database.cachedStatement(sql: "UPDATE groups SET seen = ? WHERE id = ?")
            .execute(arguments: [time.milliseconds, group])
        try database.cachedStatement(sql: "UPDATE subjects SET group_id = ?, command = ?, user = ? WHERE id = ?")
            .execute(arguments: [group, storedText(description.command), Int64(description.user), row])
    }

    private mutating func end(_ subjects: [SeriesSubject], at time: StoreTime, in database: Database) throws {
        for subject in subjects {
            let boot = try boot(subject.bootID, in: database)
            try database.cachedStatement(
                sql: """
                    UPDATE subjects SET ended = ?, seen = ?
                    WHERE boot = ? AND process = ? AND start_ticks = ? AND ended IS NULL
                    """
            ).execute(arguments: [
                time.milliseconds, time.milliseconds, boot, subject.process, Int64(bitPattern: subject.startTicks),
            ])
            rows[subject] = nil
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
