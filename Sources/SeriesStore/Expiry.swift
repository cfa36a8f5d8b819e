import Foundation
import GRDB

/// Drops what is older than its retention, and the oldest when there is too much.
///
/// Ages are of the store's own clock, so that a wall clock that is wrong for a while drops nothing.
struct Expiry {
    private let database: Database
    private let newest: StoreTime

    /// How long a service is remembered that none of its processes has ended in, in seconds.
    private static let serviceAge: Double = 30 * 86_400
    /// Rows of a table that one call deletes at most.
    private static let rowsAtOnce = 500
    /// Stretches of a table that one call deletes at most.
    private static let stretchesAtOnce: Double = 24
    /// `seen` of a key or group is written once an hour.
    private static let seenLag: Double = 2 * 3600

    /// `nil` when nothing is stored.
    init?(in database: Database) throws {
        guard let newest = try CollectionTime.newest(in: database)?.time else { return nil }
        self.database = database
        self.newest = newest
    }

    /// Returns whether more may be left to drop.
    func dropExpired(_ retention: RetentionSettings) throws -> Bool {
        let alerts = newest.advanced(by: -retention.alerts)
        let hours = newest.advanced(by: -retention.hour)
        return try [
            delete("alerts", where: "id, since", "resolved_at IS NOT NULL AND kept < ?", alerts),
            delete("services", where: "name, command", "kept < ?", newest.advanced(by: -Self.serviceAge)),
            dropCollections(retention.raw),
            dropFiveMinutes(retention.fiveMinutes),
            dropStretches(of: Span.hour.table, span: .hour, until: hours),
        ].contains(true)
    }

    /// Whole five minutes that are summed up.
    private func dropCollections(_ age: Double) throws -> Bool {
        guard let summed = try last(.fiveMinutes) else { return false }
        let end = summed.advanced(by: Span.fiveMinutes.seconds)
        let old = newest.advanced(by: -age).start(of: .fiveMinutes)
        return try dropStretches(of: "collections", span: .fiveMinutes, until: min(end, old))
    }

    /// Whole hours that are summed up, and whose collections are gone.
    private func dropFiveMinutes(_ age: Double) throws -> Bool {
        guard let summed = try last(.hour) else { return false }
        let end = summed.advanced(by: Span.hour.seconds)
        let collections = try StoreTime.fetch("SELECT min(time) FROM collections", from: database)
        let begin = (collections ?? newest).start(of: .hour)
        let old = newest.advanced(by: -age).start(of: .hour)
        return try dropStretches(of: Span.fiveMinutes.table, span: .hour, until: min(end, begin, old))
    }

    /// Drops the earliest whole spans of a table that lie before a time; returns whether more of them are left.
    private func dropStretches(of table: String, span: Span, until end: StoreTime) throws -> Bool {
        let first = try StoreTime.fetch("SELECT min(time) FROM \(table)", from: database)
        guard let begin = first?.start(of: span) else { return false }
        let limit = min(end, begin.advanced(by: span.seconds * Self.stretchesAtOnce))
        try database.execute(sql: "DELETE FROM \(table) WHERE time < ?", arguments: [limit.milliseconds])
        return limit < end
    }

    /// Drops the oldest stretch of all, but never the five minutes of the latest collection; returns whether it did.
    func dropOldest() throws -> Bool {
        guard let oldest = try oldest() else { return false }
        let latest = newest.start(of: .fiveMinutes)
        let isRecent = oldest >= newest.start(of: .hour).advanced(by: -Span.hour.seconds)
        let span: Span = isRecent ? .fiveMinutes : .hour
        let end = min(oldest.start(of: span).advanced(by: span.seconds), latest)
        guard end > oldest else { return false }
        for table in ["collections"] + Span.allCases.map(\.table) {
            try database.execute(sql: "DELETE FROM \(table) WHERE time < ?", arguments: [end.milliseconds])
        }
        return true
    }

    /// Deletes the series and groups without any record; returns whether more may be left to delete.
    func deleteUnused() throws -> Bool {
        guard let oldest = try oldest() else { return false }
        let unseen = oldest.advanced(by: -Self.seenLag)
        let collections = try StoreTime.fetch("SELECT min(time) FROM collections", from: database) ?? newest
        var isFull = try delete("series", Self.brief, collections.start(of: .fiveMinutes))
        isFull = try delete("series", Self.unseen, unseen) || isFull
        return try delete("groups", Self.unseen, unseen) || isFull
    }

    /// As the index `brief_series` has it, which SQLite finds by these very words.
    static let brief = "ended < ? AND began / 300000 = ended / 300000"
    static let unseen = "seen < ?"

    private func oldest() throws -> StoreTime? {
        try (["collections"] + Span.allCases.map(\.table)).compactMap { table in
            try StoreTime.fetch("SELECT min(time) FROM \(table)", from: database)
        }.min()
    }

    private func last(_ span: Span) throws -> StoreTime? {
        try StoreTime.fetch("SELECT max(time) FROM \(span.table)", from: database)
    }

    private func delete(
        _ table: String, where key: String = "rowid", _ condition: String, _ time: StoreTime
    ) throws -> Bool {
        try database.execute(
            sql: Self.deletion(from: table, where: key, condition), arguments: [time.milliseconds])
        return database.changesCount == Self.rowsAtOnce
    }

    static func deletion(from table: String, where key: String = "rowid", _ condition: String) -> String {
        """
        DELETE FROM \(table) WHERE (\(key)) IN
        (SELECT \(key) FROM \(table) WHERE \(condition) LIMIT \(rowsAtOnce))
        """
    }
}
