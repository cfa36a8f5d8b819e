import GRDB

/// A stretch of time over which `CLOCK_MONOTONIC` went on: as a rule, a boot.
///
/// A new one begins with a new boot, and when the clock has gone back within one (a restored virtual machine, another
/// time namespace). Eras never share an hour, so that no sum mixes them.
struct Era: Hashable, Sendable {
    let id: Int64
    let bootID: String
    /// The store's time at which the era's monotonic clock was 0: a multiple of an hour.
    let origin: StoreTime

    /// A machine that was off for longer than this seems to have been off for this long: a wall clock that is wrong at
    /// boot may make readings expire only so much too early.
    static let longestGap: Double = 86_400

    func time(monotonic: Double) -> StoreTime { origin.advanced(by: monotonic) }

    func monotonic(at time: StoreTime) -> Double {
        StoreTime(milliseconds: time.milliseconds - origin.milliseconds).seconds
    }

    /// The origin of an era that begins with a look at `monotonic`, after the look before it.
    static func origin(after previous: LookTime?, wall: Double, monotonic: Double) -> StoreTime {
        let gap = previous.map { max(0, min(wall - $0.wall, longestGap)) } ?? 0
        let earliest = (previous?.time ?? .zero).advanced(by: gap.isNaN ? 0 : gap)
        let hour = Span.hour.milliseconds
        let beginning = earliest.start(of: .hour).milliseconds + (previous == nil ? 0 : hour)
        return StoreTime(
            milliseconds: beginning - StoreTime(seconds: monotonic).start(of: .hour).milliseconds)
    }
}

extension Era {
    static func fetch(_ id: Int64, from database: Database) throws -> Era? {
        try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT eras.id, boots.name, eras.origin FROM eras JOIN boots ON boots.id = boot WHERE eras.id = ?"
            ), arguments: [id]
        ).map { try Era($0) }
    }

    static func all(in database: Database) throws -> [Int64: Era] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT eras.id, boots.name, eras.origin FROM eras JOIN boots ON boots.id = boot")
        return Dictionary(try rows.map { (try $0.value(at: 0), try Era($0)) }) { first, _ in first }
    }

    private init(_ row: Row) throws {
        self.init(id: try row.value(at: 0), bootID: try row.text(at: 1), origin: try row.time(at: 2))
    }
}
