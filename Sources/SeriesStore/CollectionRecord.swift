/// What a collection has read, as the store keeps it: all of it, or what differs from the collection before.
///
/// Layout: count, then per key its row's step and two amounts, ascending; count, then the steps of those that were
/// there a collection before and no longer are.
struct CollectionRecord {
    /// Whether it stands for itself: the first collection of five minutes, and of a run of the agent.
    let isComplete: Bool
    private let writer: RecordWriter

    func content(at collection: CollectionTime) -> [UInt8] { writer.checked(for: collection.checksum) }

    /// `before` is what the collection before has read; without it the record is complete.
    init(_ readings: [Int64: MemoryAmounts], after before: [Int64: MemoryAmounts]?) {
        isComplete = before == nil
        let before = before ?? [:]
        let changed = readings.filter { before[$0.key] != $0.value }.sorted { $0.key < $1.key }
        var writer = RecordWriter()
        writer.number(UInt64(changed.count))
        var previous: Int64 = 0
        for (id, amounts) in changed {
            writer.identifier(id, after: &previous)
            writer.amount(amounts.leakable)
            writer.amount(amounts.resident)
        }
        let absent = before.keys.filter { readings[$0] == nil }.sorted()
        writer.number(UInt64(absent.count))
        previous = 0
        for id in absent { writer.identifier(id, after: &previous) }
        self.writer = writer
    }
}

/// Follows collections in the order of their time, and knows what was read at the latest one.
struct CollectionReplay {
    /// By key's row; empty after a record that can't be read, until the next complete one.
    private(set) var readings: [Int64: MemoryAmounts] = [:]
    private var isFollowing = false
    private let wanted: Set<Int64>?

    /// Follows the series wanted only, or all.
    init(only wanted: Set<Int64>? = nil) { self.wanted = wanted }

    mutating func apply(_ content: [UInt8], at collection: CollectionTime, isComplete: Bool) {
        if isComplete {
            readings.removeAll(keepingCapacity: true)
            isFollowing = true
        }
        guard isFollowing else { return }
        do throws(RecordReader.Malformed) {
            try apply(RecordReader(content, for: collection.checksum))
        } catch {
            readings.removeAll(keepingCapacity: true)
            isFollowing = false
        }
    }

    private mutating func apply(_ record: RecordReader) throws(RecordReader.Malformed) {
        var record = record
        var previous: Int64 = 0
        for _ in 0..<(try record.count()) {
            let id = try record.identifier(after: &previous)
            let amounts = MemoryAmounts(leakable: try record.amount(), resident: try record.amount())
            if wanted?.contains(id) ?? true { readings[id] = amounts }
        }
        previous = 0
        for _ in 0..<(try record.count()) { readings[try record.identifier(after: &previous)] = nil }
    }
}
