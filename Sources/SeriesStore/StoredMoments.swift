import Foundation
import GRDB

/// Goes through what is stored in the order of its time, at the best resolution that each age still has.
struct StoredMoments {
    private let database: Database
    private let eras: [Int64: Era]
    /// Hours end where five minutes begin, and these where looks begin.
    private let fiveMinutesBegin: StoreTime?
    private let looksBegin: StoreTime?

    init(of database: Database) throws {
        self.database = database
        eras = try Era.all(in: database)
        looksBegin = try StoreTime.fetch("SELECT min(time) FROM looks", from: database)?.start(of: .fiveMinutes)
        fiveMinutesBegin = try StoreTime.fetch("SELECT min(time) FROM \(Span.fiveMinutes.table)", from: database)?
            .start(of: .hour)
    }

    /// When a sum begins, or a look was taken.
    struct Moment {
        let time: StoreTime
        let era: Era
        let monotonic: Double
        let wall: Double
    }

    /// The sums from `from` on, hours before five minutes; with what can't be read left out.
    func eachSum(from: StoreTime, _ body: (Moment, Span, SpanRecord) throws -> Void) throws {
        let hoursEnd = fiveMinutesBegin ?? looksBegin?.start(of: .hour)
        try each(.hour, from: from, until: hoursEnd, body)
        try each(.fiveMinutes, from: from, until: looksBegin, body)
    }

    /// The looks from `from` on, with the readings of the subjects wanted, or of all.
    func eachLook(
        from: StoreTime, only wanted: Set<Int64>? = nil, _ body: (Moment, [Int64: MemoryAmounts]) throws -> Void
    ) throws {
        var replay = LookReplay(only: wanted)
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT time, era, monotonic, wall, complete, content FROM looks WHERE time >= ? ORDER BY time"),
            arguments: [from.start(of: .fiveMinutes).milliseconds])
        while let row = try rows.next() {
            let look = try LookTime(row)
            replay.apply(try row.bytes(at: 5), at: look, isComplete: try row.value(at: 4))
            guard look.time >= from, let era = eras[look.era] else { continue }
            let moment = Moment(time: look.time, era: era, monotonic: look.monotonic, wall: look.wall)
            try body(moment, replay.readings)
        }
    }

    private func each(
        _ span: Span, from: StoreTime, until: StoreTime?, _ body: (Moment, Span, SpanRecord) throws -> Void
    ) throws {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT time, era, wall, content FROM \(span.table) WHERE time > ? AND time < ? ORDER BY time"),
            arguments: [from.advanced(by: -span.seconds).milliseconds, (until?.milliseconds ?? .max)])
        while let row = try rows.next() {
            let time = try row.time(at: 0)
            guard let era = eras[try row.value(at: 1)], let record = try SpanRecord(row) else { continue }
            let moment = Moment(time: time, era: era, monotonic: era.monotonic(at: time), wall: try row.value(at: 2))
            try body(moment, span, record)
        }
    }

    /// The store's time from which on looks of a boot have at least a monotonic time; `nil` for an unknown boot.
    func time(boot: String, monotonic: Double) -> StoreTime? {
        eras.values.filter { $0.bootID == boot }.map { $0.time(monotonic: monotonic) }.min()
    }

    /// The store's time from which on all that lies between two wall times is; `nil` when there is nothing.
    func time(wall range: ClosedRange<Double>) throws -> StoreTime? {
        var earliest: StoreTime?
        for (table, span) in [("hours", 3600.0), ("five_minutes", 300), ("looks", 0)] {
            let found = try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT min(time) FROM \(table) WHERE wall > ? AND wall <= ?"),
                arguments: [range.lowerBound.nextDown - span, range.upperBound])
            guard let time = found.map({ StoreTime(milliseconds: $0) }) else { continue }
            earliest = min(earliest ?? time, time)
        }
        return earliest
    }
}

extension RecordSeal {
    /// From a row that begins with time, era and wall.
    init(ofSum row: Row) throws {
        self.init(time: try row.time(at: 0), era: try row.value(at: 1), wall: try row.value(at: 2))
    }
}

extension SpanRecord {
    /// From a row that begins with time, era, wall and content; `nil` when it is damaged.
    init?(_ row: Row) throws {
        let content = try row.bytes(at: 3)
        guard let record = try? SpanRecord(parsing: content, sealedFor: try RecordSeal(ofSum: row)) else { return nil }
        self = record
    }
}
