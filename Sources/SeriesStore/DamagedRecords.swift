import Foundation
import GRDB

/// Records whose seal doesn't fit.
///
/// Their figures are left out wherever the store is read, but their time would still decide what is summed up next and
/// what is old.
struct DamagedRecords {
    private let database: Database

    init(in database: Database) { self.database = database }

    /// Returns how many were damaged.
    func remove() throws -> Int {
        let looks = try damagedLooks()
        try remove(looks.damaged + looks.unfollowable, from: "looks")
        var count = looks.damaged.count
        for span in Span.allCases {
            let sums = try damagedSums(span)
            try remove(sums, from: span.table)
            count += sums.count
        }
        return count
    }

    /// By time; the looks that follow a damaged one say only what differs from it, up to the next complete one.
    private func damagedLooks() throws -> (damaged: [Int64], unfollowable: [Int64]) {
        var (damaged, unfollowable): ([Int64], [Int64]) = ([], [])
        var isFollowing = true
        let looks = try Row.fetchCursor(
            database, sql: "SELECT time, era, monotonic, wall, content, complete FROM looks ORDER BY time")
        while let row = try looks.next() {
            if !RecordReader.isSealed(try row.bytes(at: 4), for: try LookTime(row).seal) {
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
        let sums = try Row.fetchCursor(database, sql: "SELECT time, era, wall, content FROM \(span.table)")
        while let row = try sums.next() {
            let seal = try RecordSeal(ofSum: row)
            if !RecordReader.isSealed(try row.bytes(at: 3), for: seal) { damaged.append(try row.value(at: 0)) }
        }
        return damaged
    }

    private func remove(_ times: [Int64], from table: String) throws {
        let statement = try database.cachedStatement(sql: "DELETE FROM \(table) WHERE time = ?")
        for time in times { try statement.execute(arguments: [time]) }
    }
}
