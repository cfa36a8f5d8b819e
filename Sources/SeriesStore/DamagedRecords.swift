import Foundation
import GRDB

/// Records whose seal doesn't fit: their figures are left out wherever the store is read.
enum DamagedRecords {
    static func count(in database: Database) throws -> Int {
        var damaged = 0
        let looks = try Row.fetchCursor(database, sql: "SELECT time, era, monotonic, wall, content FROM looks")
        while let row = try looks.next() {
            let record = try? RecordReader([UInt8](row[4] as Data), sealedFor: LookTime(row).seal)
            if record == nil { damaged += 1 }
        }
        for span in Span.allCases {
            let sums = try Row.fetchCursor(database, sql: "SELECT time, era, wall, content FROM \(span.table)")
            while let row = try sums.next() {
                let seal = RecordSeal(time: StoreTime(milliseconds: row[0]), era: row[1], wall: row[2])
                if (try? RecordReader([UInt8](row[3] as Data), sealedFor: seal)) == nil { damaged += 1 }
            }
        }
        return damaged
    }
}
