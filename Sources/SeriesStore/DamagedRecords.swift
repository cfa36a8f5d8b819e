import Foundation
import GRDB

/// Records whose seal doesn't fit: their figures are left out wherever the store is read.
enum DamagedRecords {
    static func count(in database: Database) throws -> Int {
        var damaged = 0
        let looks = try Row.fetchCursor(database, sql: "SELECT time, era, monotonic, wall, content FROM looks")
        while let row = try looks.next() {
            if !RecordReader.isSealed(try row.bytes(at: 4), for: try LookTime(row).seal) { damaged += 1 }
        }
        for span in Span.allCases {
            let sums = try Row.fetchCursor(database, sql: "SELECT time, era, wall, content FROM \(span.table)")
            while let row = try sums.next() {
                let seal = try RecordSeal(ofSum: row)
                if !RecordReader.isSealed(try row.bytes(at: 3), for: seal) { damaged += 1 }
            }
        }
        return damaged
    }
}
