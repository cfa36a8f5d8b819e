/// The collections of five minutes or an hour together, by key and by group.
///
/// Layout: count, then per key its row's step and its summary, ascending; the same of the groups, each with its
/// largest number of processes after the summary.
struct SpanRecord {
    struct Group {
        var sum: MemorySummary
        var processes: UInt64
    }

    /// By row.
    var series: [Int64: MemorySummary] = [:]
    var groups: [Int64: Group] = [:]

    init(series: [Int64: MemorySummary], groups: [Int64: Group]) {
        self.series = series
        self.groups = groups
    }

    func content(for row: RecordChecksum) -> [UInt8] {
        var writer = RecordWriter()
        writer.number(UInt64(series.count))
        var previous: Int64 = 0
        for (id, summary) in series.sorted(by: { $0.key < $1.key }) {
            writer.identifier(id, after: &previous)
            writer.summary(summary)
        }
        writer.number(UInt64(groups.count))
        previous = 0
        for (id, group) in groups.sorted(by: { $0.key < $1.key }) {
            writer.identifier(id, after: &previous)
            writer.summary(group.sum)
            writer.number(group.processes)
        }
        return writer.checked(for: row)
    }

    init(parsing content: [UInt8], for row: RecordChecksum) throws(RecordReader.Malformed) {
        var reader = try RecordReader(content, for: row)
        var previous: Int64 = 0
        for _ in 0..<(try reader.count()) {
            let id = try reader.identifier(after: &previous)
            series[id] = try reader.summary()
        }
        previous = 0
        for _ in 0..<(try reader.count()) {
            let id = try reader.identifier(after: &previous)
            groups[id] = Group(sum: try reader.summary(), processes: try reader.number())
        }
    }
}

extension RecordWriter {
    /// What is above the minimum is kept as the difference: a flat series takes no more than its value.
    fileprivate mutating func summary(_ summary: MemorySummary) {
        number(summary.count)
        amount(summary.minimum)
        amount(summary.maximum - summary.minimum)
        amount(summary.average - summary.minimum)
        amount(summary.last - summary.minimum)
        amount(summary.residentLast)
        amount(summary.residentMaximum - summary.residentLast)
    }
}

extension RecordReader {
    fileprivate mutating func summary() throws(Malformed) -> MemorySummary {
        let count = try number()
        let minimum = try amount()
        let maximum = minimum.addingClamped(try amount())
        let average = minimum.addingClamped(try amount())
        let last = minimum.addingClamped(try amount())
        let residentLast = try amount()
        return MemorySummary(
            minimum: minimum, maximum: maximum, average: average, last: last, residentLast: residentLast,
            residentMaximum: residentLast.addingClamped(try amount()), count: count)
    }
}

/// Sums up collections to five minutes, or five minutes to an hour.
struct SpanBuilder {
    private var series: [Int64: SummaryBuilder] = [:]
    private var groups: [Int64: (sum: SummaryBuilder, processes: UInt64)] = [:]
    /// A key's group, by their rows.
    private let groupOfSeries: (Int64) throws -> Int64?
    private var knownGroups: [Int64: Int64?] = [:]

    init(groupOfSeries: @escaping (Int64) throws -> Int64? = { _ in nil }) { self.groupOfSeries = groupOfSeries }

    /// Adds what a collection has read.
    mutating func add(_ readings: [Int64: MemoryAmounts]) throws {
        var sums: [Int64: (amounts: MemoryAmounts, processes: UInt64)] = [:]
        for (id, amounts) in readings {
            add(MemorySummary(amounts), ofSeries: id)
            guard let group = try group(of: id) else { continue }
            let sum = sums[group]
            sums[group] = (sum.map { $0.amounts + amounts } ?? amounts, (sum?.processes ?? 0) + 1)
        }
        for (id, sum) in sums {
            add(SpanRecord.Group(sum: MemorySummary(sum.amounts), processes: sum.processes), ofGroup: id)
        }
    }

    mutating func add(_ record: SpanRecord) {
        for (id, summary) in record.series { add(summary, ofSeries: id) }
        for (id, group) in record.groups { add(group, ofGroup: id) }
    }

    /// Without the series that the predicate refuses; they stay part of their groups.
    func record(where isKept: (Int64) -> Bool) -> SpanRecord {
        SpanRecord(
            series: series.filter { isKept($0.key) }.mapValues(\.result),
            groups: groups.mapValues { SpanRecord.Group(sum: $0.sum.result, processes: $0.processes) })
    }

    private mutating func add(_ summary: MemorySummary, ofSeries id: Int64) {
        if series[id]?.add(summary) == nil { series[id] = SummaryBuilder(summary) }
    }

    private mutating func add(_ group: SpanRecord.Group, ofGroup id: Int64) {
        let most = max(groups[id]?.processes ?? 0, group.processes)
        if groups[id]?.sum.add(group.sum) == nil {
            groups[id] = (SummaryBuilder(group.sum), most)
        } else {
            groups[id]?.processes = most
        }
    }

    private mutating func group(of id: Int64) throws -> Int64? {
        if let known = knownGroups[id] { return known }
        let group = try groupOfSeries(id)
        knownGroups[id] = .some(group)
        return group
    }
}
