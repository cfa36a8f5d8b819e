import Foundation
import GRDB

/// Goes through what is stored in the order of its time, at the best resolution that each age still has.
struct SeriesScan {
    private let database: Database
    private let epochs: [Int64: ClockEpoch]
    /// Hours end where five minutes begin, and these where collections begin.
    private let fiveMinutesBegin: StoreTime?
    private let collectionsBegin: StoreTime?

    init(of database: Database) throws {
        self.database = database
        epochs = try ClockEpoch.all(in: database)
        collectionsBegin = try StoreTime.fetch("SELECT min(time) FROM collections", from: database)?.start(
            of: .fiveMinutes)
        fiveMinutesBegin = try StoreTime.fetch("SELECT min(time) FROM \(Span.fiveMinutes.table)", from: database)?
            .start(of: .hour)
    }

    /// When a sum begins, or a collection was taken.
    struct Timestamp {
        let time: StoreTime
        let epoch: ClockEpoch
        let monotonic: Double
        let wall: Double
    }

    /// The sums from `from` on, hours before five minutes; without what can't be read.
    func eachSum(from: StoreTime, _ body: (Timestamp, Span, SpanRecord) throws -> Void) throws {
        let hoursEnd = fiveMinutesBegin ?? collectionsBegin?.start(of: .hour)
        try each(.hour, from: from, until: hoursEnd, body)
        try each(.fiveMinutes, from: from, until: collectionsBegin, body)
    }

    /// The collections from `from` on, with the readings of the series wanted, or of all.
    func eachCollection(
        from: StoreTime, only wanted: Set<Int64>? = nil, _ body: (Timestamp, [Int64: MemoryAmounts]) throws -> Void
    ) throws {
        var replay = CollectionReplay(only: wanted)
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql:
                    "SELECT time, epoch, monotonic, wall, complete, content FROM collections WHERE time >= ? ORDER BY time"
            ),
            arguments: [from.start(of: .fiveMinutes).milliseconds])
        while let row = try rows.next() {
            let collection = try CollectionTime(row)
            replay.apply(try row.bytes(at: 5), at: collection, isComplete: try row.value(at: 4))
            guard collection.time >= from, let epoch = epochs[collection.epoch] else { continue }
            let timestamp = Timestamp(
                time: collection.time, epoch: epoch, monotonic: collection.monotonic, wall: collection.wall)
            try body(timestamp, replay.readings)
        }
    }

    private func each(
        _ span: Span, from: StoreTime, until: StoreTime?, _ body: (Timestamp, Span, SpanRecord) throws -> Void
    ) throws {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT time, epoch, wall, content FROM \(span.table) WHERE time > ? AND time < ? ORDER BY time"),
            arguments: [from.advanced(by: -span.seconds).milliseconds, (until?.milliseconds ?? .max)])
        while let row = try rows.next() {
            let time = try row.time(at: 0)
            guard let epoch = epochs[try row.value(at: 1)], let record = try SpanRecord(row) else { continue }
            let timestamp = Timestamp(
                time: time, epoch: epoch, monotonic: epoch.monotonic(at: time), wall: try row.value(at: 2))
            try body(timestamp, span, record)
        }
    }

    /// The store's time from which on collections of a boot have at least a monotonic time; `nil` for an unknown boot.
    func time(boot: String, monotonic: Double) -> StoreTime? {
        epochs.values.filter { $0.bootID == boot }.map { $0.time(monotonic: monotonic) }.min()
    }

    /// The store's time from which on all that lies between two wall times is; `nil` when there is nothing.
    func time(wall range: ClosedRange<Double>) throws -> StoreTime? {
        var earliest: StoreTime?
        for (table, span) in [("hours", 3600.0), ("five_minutes", 300), ("collections", 0)] {
            let found = try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT min(time) FROM \(table) WHERE wall > ? AND wall <= ?"),
                arguments: [range.lowerBound.nextDown - span, range.upperBound])
            guard let time = found.map({ StoreTime(milliseconds: $0) }) else { continue }
            earliest = min(earliest ?? time, time)
        }
        return earliest
    }
}

extension RecordChecksum {
    /// From a row that begins with time, epoch and wall.
    init(ofSum row: Row) throws {
        self.init(time: try row.time(at: 0), epoch: try row.value(at: 1), wall: try row.value(at: 2))
    }
}

extension SpanRecord {
    /// From a row that begins with time, epoch, wall and content; `nil` when it is damaged.
    init?(_ row: Row) throws {
        let content = try row.bytes(at: 3)
        guard let record = try? SpanRecord(parsing: content, for: try RecordChecksum(ofSum: row)) else { return nil }
        self = record
    }
}
