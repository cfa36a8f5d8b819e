import GRDB

/// A period in which `CLOCK_MONOTONIC` only grew: as a rule, a boot.
///
/// A new one begins with a new boot, and when the clock has gone back within one (a restored virtual machine, another
/// time namespace). Epochs never share an hour, so that no sum mixes them.
struct ClockEpoch: Hashable, Sendable {
    let id: Int64
    let bootID: String
    /// The store's time at which the epoch's monotonic clock was 0: a multiple of an hour.
    let origin: StoreTime

    /// A machine that was off for longer than this seems to have been off for this long: a wall clock that is wrong at
    /// boot may make readings expire only so much too early.
    static let longestGap: Double = 86_400

    func time(monotonic: Double) -> StoreTime { origin.advanced(by: monotonic) }

    func monotonic(at time: StoreTime) -> Double {
        StoreTime(milliseconds: time.milliseconds - origin.milliseconds).seconds
    }

    /// The origin of an epoch that begins with a collection at `monotonic`, after the collection before it.
    static func origin(after previous: CollectionTime?, wall: Double, monotonic: Double) -> StoreTime {
        let gap = previous.map { max(0, min(wall - $0.wall, longestGap)) } ?? 0
        let earliest = (previous?.time ?? .zero).advanced(by: gap.isNaN ? 0 : gap)
        let hour = Span.hour.milliseconds
        let beginning = earliest.start(of: .hour).milliseconds + (previous == nil ? 0 : hour)
        return StoreTime(
            milliseconds: beginning - StoreTime(seconds: monotonic).start(of: .hour).milliseconds)
    }
}

extension ClockEpoch {
    private static let selection = """
        SELECT clock_epochs.id, boots.name, clock_epochs.origin FROM clock_epochs JOIN boots ON boots.id = boot
        """

    static func fetch(_ id: Int64, from database: Database) throws -> ClockEpoch? {
        let statement = try database.cachedStatement(sql: "\(selection) WHERE clock_epochs.id = ?")
        return try Row.fetchOne(statement, arguments: [id]).map { try ClockEpoch($0) }
    }

    static func all(in database: Database) throws -> [Int64: ClockEpoch] {
        let rows = try Row.fetchAll(database, sql: selection)
        return Dictionary(try rows.map { (try $0.value(at: 0), try ClockEpoch($0)) }) { first, _ in first }
    }

    private init(_ row: Row) throws {
        self.init(id: try row.value(at: 0), bootID: try row.text(at: 1), origin: try row.time(at: 2))
    }
}

/// When a collection was taken.
struct CollectionTime: Hashable, Sendable {
    let time: StoreTime
    let epoch: Int64
    /// Seconds of `CLOCK_MONOTONIC`.
    let monotonic: Double
    /// Seconds since 1970.
    let wall: Double

    var checksum: RecordChecksum { RecordChecksum(time: time, epoch: epoch, wall: wall, monotonic: monotonic) }
}

extension CollectionTime {
    static func newest(in database: Database) throws -> CollectionTime? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT time, epoch, monotonic, wall FROM collections ORDER BY time DESC LIMIT 1"))
        return try row.map { try CollectionTime($0) }
    }

    /// From a row that begins with time, epoch, monotonic and wall.
    init(_ row: Row) throws {
        self.init(
            time: try row.time(at: 0), epoch: try row.value(at: 1), monotonic: try row.value(at: 2),
            wall: try row.value(at: 3))
    }
}
