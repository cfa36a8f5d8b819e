import Foundation
import GRDB

/// Records whose checksum is wrong.
///
/// Readers skip them, but their time would still decide what is summed up next and
/// what is old.
struct DamagedRecords {
    private let database: Database

    init(in database: Database) { self.database = database }

    /// Returns how many were damaged.
    func remove() throws -> Int {
        let collections = try damagedCollections()
        try remove(collections.damaged + collections.unfollowable, from: "collections")
        var count = collections.damaged.count
        for span in Span.allCases {
            let sums = try damagedSums(span)
            try remove(sums, from: span.table)
            count += sums.count
        }
        return count
    }

    /// By time; the collections that follow a damaged one have only the difference to it, up to the next complete one.
    private func damagedCollections() throws -> (damaged: [Int64], unfollowable: [Int64]) {
        var (damaged, unfollowable): ([Int64], [Int64]) = ([], [])
        var isFollowing = true
        let collections = try Row.fetchCursor(
            database, sql: "SELECT time, epoch, monotonic, wall, content, complete FROM collections ORDER BY time")
        while let row = try collections.next() {
            if !RecordReader.isIntact(try row.bytes(at: 4), for: try CollectionTime(row).checksum) {
                damaged.append(try row.value(at: 0))
                isFollowing = false
                continue
            }
            isFollowing = try isFollowing || row.value(at: 5)
            if !isFollowing { unfollowable.append(try row.value(at: 0)) }
        }
        return (damaged, unfollowable)
    }

    private func damagedSums(_ span: Span) throws -> [Int64] {
        var damaged: [Int64] = []
        let sums = try Row.fetchCursor(database, sql: "SELECT time, epoch, wall, content FROM \(span.table)")
        while let row = try sums.next() {
            let checksum = try RecordChecksum(ofSum: row)
            if !RecordReader.isIntact(try row.bytes(at: 3), for: checksum) { damaged.append(try row.value(at: 0)) }
        }
        return damaged
    }

    private func remove(_ times: [Int64], from table: String) throws {
        let statement = try database.cachedStatement(sql: "DELETE FROM \(table) WHERE time = ?")
        for time in times { try statement.execute(arguments: [time]) }
    }
}
