import Foundation
import GRDB

extension SeriesStore {
    /// A process's memory from a monotonic time of its boot on, ascending, at the best resolution that each age has.
    ///
    /// A span that reaches into the time asked for is included. At most `limit` points, the latest.
    package func points(
        of key: SeriesKey, fromMonotonic from: Double, limit: Int = 20_000
    ) throws(SeriesStoreError) -> [SeriesPoint] {
        try read { database in
            let scan = try SeriesScan(of: database)
            guard let row = try Self.row(of: key, in: database),
                let begin = scan.time(boot: key.bootID, monotonic: from)
            else { return [] }
            var points = LatestElements<SeriesPoint>(limit: limit)
            try Self.eachPoint(in: scan, from: begin, boot: key.bootID, only: [row]) { _, point in
                if point.monotonic + point.span >= from { points.append(point) }
            }
            return points.elements
        }
    }

    /// A process's memory between two wall times, in the order in which it was read.
    package func points(
        of key: SeriesKey, wall range: ClosedRange<Double>, limit: Int = 20_000
    ) throws(SeriesStoreError) -> [SeriesPoint] {
        try read { database in
            let scan = try SeriesScan(of: database)
            guard let row = try Self.row(of: key, in: database), let begin = try scan.time(wall: range)
            else { return [] }
            var points = LatestElements<SeriesPoint>(limit: limit)
            try Self.eachPoint(in: scan, from: begin, boot: key.bootID, only: [row]) { _, point in
                if point.overlaps(range) { points.append(point) }
            }
            return points.elements
        }
    }

    /// The memory of a group's processes together between two wall times, in the order in which it was read.
    ///
    /// A process counts for the group that it is in now for collections, and that it was in then for spans. At most `limit`
    /// points, the latest.
    package func points(
        ofGroup group: String, from: Double, until: Double, limit: Int = 20_000
    ) throws(SeriesStoreError) -> [GroupPoint] {
        guard from <= until else { return [] }
        return try read { database in
            let scan = try SeriesScan(of: database)
            let id = try Int64.fetchOne(
                database, sql: "SELECT id FROM groups WHERE name = ?", arguments: [storedText(group)])
            guard let id, let begin = try scan.time(wall: from...until) else { return [] }
            var points = LatestElements<GroupPoint>(limit: limit)
            func add(_ point: SeriesPoint, processes: Int) {
                if point.overlaps(from...until) { points.append(GroupPoint(sum: point, processes: processes)) }
            }
            try scan.eachSum(from: begin) { timestamp, span, record in
                guard let found = record.groups[id] else { return }
                let sum = SeriesPoint(
                    wall: timestamp.wall, monotonic: timestamp.monotonic, span: span.seconds, summary: found.sum)
                add(sum, processes: Int(clamping: found.processes))
            }
            let members = try Int64.fetchSet(
                database, sql: "SELECT id FROM series WHERE group_id = ?", arguments: [id])
            try scan.eachCollection(from: begin, only: members) { timestamp, readings in
                guard let first = readings.values.first else { return }
                let sum = readings.values.dropFirst().reduce(first, +)
                add(
                    SeriesPoint(wall: timestamp.wall, monotonic: timestamp.monotonic, amounts: sum),
                    processes: readings.count
                )
            }
            return points.elements
        }
    }

    /// The processes of a boot that were seen since a monotonic time, and whose end was not observed.
    ///
    /// One whose description was never given has an empty one and user 65534.
    package func liveSeries(
        bootID: String, since: Double
    ) throws(SeriesStoreError) -> [SeriesKey: SeriesDescription] {
        try read { database in
            let scan = try SeriesScan(of: database)
            guard let begin = scan.time(boot: bootID, monotonic: since) else { return [:] }
            var seen: Set<Int64> = []
            try scan.eachSum(from: begin) { _, _, record in seen.formUnion(record.series.keys) }
            try scan.eachCollection(from: begin) { _, readings in seen.formUnion(readings.keys) }
            let open = try Self.openSeries(ofBoot: bootID, in: database)
            let live = seen.compactMap { open[$0] }
            return Dictionary(live.map { ($0.key, $0.description) }) { first, _ in first }
        }
    }

    /// Visits once the memory of all processes of a boot whose end was not observed, in the order of time.
    ///
    /// What a leak watch continues from after a restart: one pass over what `points(of:)` reads for a single process. The
    /// body must not call the store.
    package func visitPoints(
        bootID: String, fromMonotonic from: Double, _ body: (SeriesKey, SeriesPoint) -> Void
    ) throws(SeriesStoreError) {
        try read { database in
            let scan = try SeriesScan(of: database)
            guard let begin = scan.time(boot: bootID, monotonic: from) else { return }
            let open = try Self.openSeries(ofBoot: bootID, in: database)
            try Self.eachPoint(in: scan, from: begin, boot: bootID, only: Set(open.keys)) { id, point in
                guard point.monotonic + point.span >= from, let key = open[id]?.key else { return }
                body(key, point)
            }
        }
    }

    private static func eachPoint(
        in scan: SeriesScan, from: StoreTime, boot: String, only wanted: Set<Int64>,
        _ body: (Int64, SeriesPoint) -> Void
    ) throws {
        try scan.eachSum(from: from) { timestamp, span, record in
            guard timestamp.epoch.bootID == boot else { return }
            for id in wanted.count < record.series.count ? Array(wanted) : Array(record.series.keys) {
                guard wanted.contains(id), let summary = record.series[id] else { continue }
                let point = SeriesPoint(
                    wall: timestamp.wall, monotonic: timestamp.monotonic, span: span.seconds, summary: summary)
                body(id, point)
            }
        }
        try scan.eachCollection(from: from, only: wanted) { timestamp, readings in
            guard timestamp.epoch.bootID == boot else { return }
            for (id, amounts) in readings {
                body(id, SeriesPoint(wall: timestamp.wall, monotonic: timestamp.monotonic, amounts: amounts))
            }
        }
    }

    private static func row(of key: SeriesKey, in database: Database) throws -> Int64? {
        try Int64.fetchOne(
            database,
            sql: """
                SELECT series.id FROM series JOIN boots ON boots.id = boot
                WHERE boots.name = ? AND process = ? AND start_ticks = ?
                """,
            arguments: [storedText(key.bootID), key.process, Int64(bitPattern: key.startTicks)])
    }

    private static func openSeries(
        ofBoot bootID: String, in database: Database
    ) throws -> [Int64: (key: SeriesKey, description: SeriesDescription)] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT series.id, process, start_ticks, groups.name, command, user
                FROM series JOIN boots ON boots.id = boot LEFT JOIN groups ON groups.id = group_id
                WHERE boots.name = ? AND ended IS NULL
                """, arguments: [storedText(bootID)])
        var found: [Int64: (key: SeriesKey, description: SeriesDescription)] = [:]
        while let row = try rows.next() {
            let key = SeriesKey(
                bootID: bootID, process: try row.value(at: 1),
                startTicks: UInt64(bitPattern: try row.value(at: 2)))
            let description = SeriesDescription(
                group: try row.text(at: 3), command: try row.text(at: 4), user: try row.optional(at: 5) ?? 65534)
            found[try row.value(at: 0)] = (key, description)
        }
        return found
    }
}

extension SeriesPoint {
    fileprivate func overlaps(_ range: ClosedRange<Double>) -> Bool {
        wall <= range.upperBound && wall + span >= range.lowerBound
    }
}

/// The latest elements, at most `limit`.
struct LatestElements<Element> {
    private let limit: Int
    private var kept: [Element] = []

    init(limit: Int) { self.limit = min(max(limit, 0), 1_000_000) }

    mutating func append(_ element: Element) {
        kept.append(element)
        if kept.count >= 2 * limit + 1024 { kept.removeFirst(kept.count - limit) }
    }

    var elements: [Element] { kept.suffix(limit) }
}
