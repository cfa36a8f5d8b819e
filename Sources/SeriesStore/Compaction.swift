import Foundation
import GRDB

/// Sums up what is complete: collections to five minutes, five minutes to hours.
struct Compaction {
    private let database: Database

    init(of database: Database) { self.database = database }

    /// Sums up the earliest stretch that is complete and not yet summed up; returns whether there was one.
    func sumUpNext(_ span: Span) throws -> Bool {
        let done = try StoreTime.fetch("SELECT max(time) FROM \(span.table)", from: database)
        let from = done?.advanced(by: span.seconds) ?? StoreTime(milliseconds: .min)
        let source = span == .hour ? Span.fiveMinutes.table : "collections"
        let first = try StoreTime.fetch("SELECT min(time) FROM \(source) WHERE time >= ?", from, from: database)
        guard let start = first?.start(of: span) else { return false }
        let end = start.advanced(by: span.seconds)
        guard try isComplete(until: end, for: span) else { return false }
        switch span {
        case .fiveMinutes: try sumUpCollections(from: start, until: end)
        case .hour: try sumUpFiveMinutes(from: start, until: end)
        }
        return true
    }

    /// No collection of that time can come any more, and for an hour all its collections are in its five minutes.
    private func isComplete(until end: StoreTime, for span: Span) throws -> Bool {
        guard let newest = try CollectionTime.newest(in: database), newest.time >= end else { return false }
        guard span == .hour else { return true }
        let summed = try StoreTime.fetch("SELECT max(time) FROM \(Span.fiveMinutes.table)", from: database)
        let rest = summed?.advanced(by: Span.fiveMinutes.seconds) ?? StoreTime(milliseconds: .min)
        let next = try StoreTime.fetch("SELECT min(time) FROM collections WHERE time >= ?", rest, from: database)
        return next.map { $0 >= end } ?? true
    }

    private func sumUpCollections(from start: StoreTime, until end: StoreTime) throws {
        let groupStatement = try database.cachedStatement(sql: "SELECT group_id FROM series WHERE id = ?")
        var builder = SpanBuilder { id in try Int64.fetchOne(groupStatement, arguments: [id]) }
        var replay = CollectionReplay()
        var first: CollectionTime?
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT time, epoch, monotonic, wall, complete, content FROM collections
                    WHERE time >= ? AND time < ? ORDER BY time
                    """), arguments: [start.milliseconds, end.milliseconds])
        while let row = try rows.next() {
            let collection = try CollectionTime(row)
            first = first ?? collection
            replay.apply(try row.bytes(at: 5), at: collection, isComplete: try row.value(at: 4))
            try builder.add(replay.readings)
        }
        guard let first else { return }
        let brief = try seriesThatEnded(from: start, until: end)
        let record = builder.record { !brief.contains($0) }
        let wall = first.wall - (first.time.seconds - start.seconds)
        try insert(record, span: .fiveMinutes, at: start, epoch: first.epoch, wall: wall)
        let touch = try database.cachedStatement(sql: "UPDATE groups SET seen = ? WHERE id = ?")
        for group in record.groups.keys { try touch.execute(arguments: [end.milliseconds, group]) }
    }

    /// Those that began and ended within the time: only their groups have them once the collections are deleted.
    private func seriesThatEnded(from start: StoreTime, until end: StoreTime) throws -> Set<Int64> {
        try Int64.fetchSet(
            database, sql: Self.seriesWithin, arguments: [start.milliseconds, end.milliseconds])
    }

    /// That `ended` is not before the start follows from `began`, but an index has `ended` alone.
    static let seriesWithin = "SELECT id FROM series WHERE began >= ?1 AND ended >= ?1 AND ended < ?2"

    private func sumUpFiveMinutes(from start: StoreTime, until end: StoreTime) throws {
        var builder = SpanBuilder()
        var first: (time: StoreTime, epoch: Int64, wall: Double)?
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT time, epoch, wall, content FROM \(Span.fiveMinutes.table)
                    WHERE time >= ? AND time < ? ORDER BY time
                    """), arguments: [start.milliseconds, end.milliseconds])
        while let row = try rows.next() {
            first = try first ?? (row.time(at: 0), row.value(at: 1), row.value(at: 2))
            if let record = try SpanRecord(row) { builder.add(record) }
        }
        guard let first else { return }
        let record = builder.record { _ in true }
        let wall = first.wall - (first.time.seconds - start.seconds)
        try insert(record, span: .hour, at: start, epoch: first.epoch, wall: wall)
        let touch = try database.cachedStatement(sql: "UPDATE series SET seen = ? WHERE id = ? AND ended IS NULL")
        for key in record.series.keys { try touch.execute(arguments: [end.milliseconds, key]) }
    }

    private func insert(_ record: SpanRecord, span: Span, at time: StoreTime, epoch: Int64, wall: Double) throws {
        try database.cachedStatement(sql: "INSERT INTO \(span.table) VALUES (?, ?, ?, ?)")
            .execute(arguments: [
                time.milliseconds, epoch, wall,
                Data(record.content(for: RecordChecksum(time: time, epoch: epoch, wall: wall))),
            ])
    }
}
