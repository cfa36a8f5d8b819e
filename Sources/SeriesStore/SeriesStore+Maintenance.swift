import GRDB

extension SeriesStore {
    /// Sums up what is complete, drops what is too old or too much, and gives space back to the disk.
    ///
    /// A call does a bounded piece of work; it returns whether more is left for the next one. To be called about once a
    /// minute.
    ///
    /// - Parameter isWanted: Called between the steps; at `false` the rest is left for the next call.
    @discardableResult
    package func maintain(while isWanted: () -> Bool = { true }) throws(SeriesStoreError) -> Bool {
        try access { contents in
            try contents.file.checkPlace()
            let queue = contents.file.queue
            let sums = try sumUp(in: queue, while: isWanted)
            guard isWanted() else { return true }
            var isMore = sums.isMore
            isMore = try queue.write { try Self.drop(from: $0, beyond: contents.retention) } || isMore
            guard isWanted() else { return true }
            isMore = try queue.writeWithoutTransaction { try Self.shrink($0) } || isMore
            guard isWanted() else { return true }
            if sums.any || contents.file.walBytes > Self.walLimit { try Self.mergeLog(of: queue) }
            return isMore
        }
    }

    /// Merges the write-ahead log into the database, which may give space back to a full disk.
    func mergeLog() throws(SeriesStoreError) {
        try access { contents in try Self.mergeLog(of: contents.file.queue) }
    }

    private static func mergeLog(of queue: DatabaseQueue) throws {
        _ = try queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }

    /// In bytes.
    private static var walLimit: UInt64 { 1 << 20 }
    /// Five minutes that one call sums up at most.
    private static var sumsAtOnce: Int { 8 }
    /// Stretches that one call drops at most when there is too much.
    private static var dropsAtOnce: Int { 12 }
    /// Pages that one call gives back at most.
    private static var pagesAtOnce: Int { 512 }

    private func sumUp(
        in queue: DatabaseQueue, while isWanted: () -> Bool
    ) throws -> (any: Bool, isMore: Bool) {
        var any = false
        for _ in 0..<Self.sumsAtOnce where isWanted() {
            guard try queue.write({ try Compaction(of: $0).sumUpNext(.fiveMinutes) }) else {
                let hour = try queue.write { try Compaction(of: $0).sumUpNext(.hour) }
                return (any || hour, hour)
            }
            any = true
            _ = try queue.write { try Compaction(of: $0).sumUpNext(.hour) }
        }
        return (any, true)
    }

    private static func drop(from database: Database, beyond retention: RetentionSettings) throws -> Bool {
        guard let expiry = try Expiry(in: database) else { return false }
        var isMore = try expiry.dropExpired(retention)
        // The log goes up to this before it is merged.
        let limit = retention.maximumBytes - min(retention.maximumBytes / 4, 4 << 20)
        var drops = 0
        while try usedBytes(of: database) > limit, drops < dropsAtOnce, try expiry.dropOldest() { drops += 1 }
        isMore = try expiry.deleteUnused() || isMore
        return isMore || drops == dropsAtOnce
    }

    private static func usedBytes(of database: Database) throws -> UInt64 {
        let pages = try number("page_count", of: database) - number("freelist_count", of: database)
        return UInt64(clamping: pages * (try number("page_size", of: database)))
    }

    /// Gives back pages of which many are free; some stay for what is written next.
    private static func shrink(_ database: Database) throws -> Bool {
        let free = try number("freelist_count", of: database)
        let spare = try number("page_count", of: database) / 16
        guard free > spare else { return false }
        // The statement yields a row for each page it frees, and stops with the reader.
        _ = try Row.fetchAll(database, sql: "PRAGMA incremental_vacuum(\(min(free - spare, pagesAtOnce)))")
        return free - spare > pagesAtOnce
    }

    private static func number(_ pragma: String, of database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "PRAGMA \(pragma)") ?? 0
    }
}
