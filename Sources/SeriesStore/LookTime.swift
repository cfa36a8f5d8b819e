import GRDB

/// When a look was taken.
struct LookTime: Hashable, Sendable {
    let time: StoreTime
    let era: Int64
    /// Seconds of `CLOCK_MONOTONIC`.
    let monotonic: Double
    /// Seconds since 1970.
    let wall: Double

    var seal: RecordSeal { RecordSeal(time: time, era: era, wall: wall, monotonic: monotonic) }
}

extension LookTime {
    static func newest(in database: Database) throws -> LookTime? {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT time, era, monotonic, wall FROM looks ORDER BY time DESC LIMIT 1"))
        return try row.map { try LookTime($0) }
    }

    /// From a row that begins with time, era, monotonic and wall.
    init(_ row: Row) throws {
        self.init(
            time: try row.time(at: 0), era: try row.value(at: 1), monotonic: try row.value(at: 2),
            wall: try row.value(at: 3))
    }
}
