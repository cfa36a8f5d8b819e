import Foundation
import GRDB

/// Sums up what is complete: looks to five minutes, five minutes to hours.
struct Compaction {
    private let database: Database

    init(of database: Database) { self.database = database }

    /// Sums up the earliest stretch that is complete and not yet summed up; returns whether there was one.
    func sumUpNext(_ span: Span) throws -> Bool {
        let done = try StoreTime.fetch("SELECT max(time) FROM \(span.table)", from: database)
        let from = done?.advanced(by: span.seconds) ?? StoreTime(milliseconds: .min)
        let source = span == .hour ? Span.fiveMinutes.table : "looks"
        let first = try StoreTime.fetch("SELECT min(time) FROM \(source) WHERE time >= ?", from, from: database)
        guard let start = first?.start(of: span) else { return false }
        let end = start.advanced(by: span.seconds)
        guard try isComplete(until: end, for: span) else { return false }
        switch span {
        case .fiveMinutes: try sumUpLooks(from: start, until: end)
        case .hour: try sumUpFiveMinutes(from: start, until: end)
        }
        return true
    }

    /// No look of that time can come any more, and for an hour all its looks are in its five minutes.
    private func isComplete(until end: StoreTime, for span: Span) throws -> Bool {
        guard let newest = try LookTime.newest(in: database), newest.time >= end else { return false }
        guard span == .hour else { return true }
        let summed = try StoreTime.fetch("SELECT max(time) FROM \(Span.fiveMinutes.table)", from: database)
        let rest = summed?.advanced(by: Span.fiveMinutes.seconds) ?? StoreTime(milliseconds: .min)
        let next = try StoreTime.fetch("SELECT min(time) FROM looks WHERE time >= ?", rest, from: database)
        return next.map { $0 >= end } ?? true
    }

    private func sumUpLooks(from start: StoreTime, until end: StoreTime) throws {
        let groupStatement = try database.cachedStatement(sql: "SELECT group_id FROM subjects WHERE id = ?")
        var builder = SpanBuilder { id in try Int64.fetchOne(groupStatement, arguments: [id]) }
        var replay = LookReplay()
        var first: LookTime?
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT time, era, monotonic, wall, complete, content FROM looks
                    WHERE time >= ? AND time < ? ORDER BY time
                    """), arguments: [start.milliseconds, end.milliseconds])
        while let row = try rows.next() {
            let look = try LookTime(row)
            first = first ?? look
            replay.apply(try row.bytes(at: 5), at: look, isComplete: try row.value(at: 4))
            try builder.add(replay.readings)
        }
        guard let first else { return }
        let brief = try subjectsThatEnded(from: start, until: end)
        let record = builder.record { !brief.contains($0) }
        let wall = first.wall - (first.time.seconds - start.seconds)
        try insert(record, span: .fiveMinutes, at: start, era: first.era, wall: wall)
        let touch = try database.cachedStatement(sql: "UPDATE groups SET seen = ? WHERE id = ?")
        for group in record.groups.keys { try touch.execute(arguments: [end.milliseconds, group]) }
    }

    /// Those that began and ended within the time: only their groups remember them once the looks are gone.
    private func subjectsThatEnded(from start: StoreTime, until end: StoreTime) throws -> Set<Int64> {
        try Int64.fetchSet(
            database, sql: Self.subjectsWithin, arguments: [start.milliseconds, end.milliseconds])
    }

    /// That `ended` is not before the start follows from `began`, but an index has `ended` alone.
    static let subjectsWithin = "SELECT id FROM subjects WHERE began >= ?1 AND ended >= ?1 AND ended < ?2"

    private func sumUpFiveMinutes(from start: StoreTime, until end: StoreTime) throws {
        var builder = SpanBuilder()
        var first: (time: StoreTime, era: Int64, wall: Double)?
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT time, era, wall, content FROM \(Span.fiveMinutes.table)
                    WHERE time >= ? AND time < ? ORDER BY time
                    """), arguments: [start.milliseconds, end.milliseconds])
        while let row = try rows.next() {
            first = try first ?? (row.time(at: 0), row.value(at: 1), row.value(at: 2))
            if let record = try SpanRecord(row) { builder.add(record) }
        }
        guard let first else { return }
        let record = builder.record { _ in true }
        let wall = first.wall - (first.time.seconds - start.seconds)
        try insert(record, span: .hour, at: start, era: first.era, wall: wall)
        let touch = try database.cachedStatement(sql: "UPDATE subjects SET seen = ? WHERE id = ? AND ended IS NULL")
        for subject in record.subjects.keys { try touch.execute(arguments: [end.milliseconds, subject]) }
    }

    private func insert(_ record: SpanRecord, span: Span, at time: StoreTime, era: Int64, wall: Double) throws {
        try database.cachedStatement(sql: "INSERT INTO \(span.table) VALUES (?, ?, ?, ?)")
            .execute(arguments: [
                time.milliseconds, era, wall,
                Data(record.content(sealedFor: RecordSeal(time: time, era: era, wall: wall))),
            ])
    }
}
