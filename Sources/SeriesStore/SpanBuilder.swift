/// Sums up looks to five minutes, or five minutes to an hour.
struct SpanBuilder {
    private var subjects: [Int64: SummaryBuilder] = [:]
    private var groups: [Int64: (sum: SummaryBuilder, processes: UInt64)] = [:]
    /// A subject's group, by their rows.
    private let groupOfSubject: (Int64) throws -> Int64?
    private var knownGroups: [Int64: Int64?] = [:]

    init(groupOfSubject: @escaping (Int64) throws -> Int64? = { _ in nil }) { self.groupOfSubject = groupOfSubject }

    /// Adds what a look has read.
    mutating func add(_ readings: [Int64: MemoryAmounts]) throws {
        var sums: [Int64: (amounts: MemoryAmounts, processes: UInt64)] = [:]
        for (id, amounts) in readings {
            add(MemorySummary(amounts), ofSubject: id)
            guard let group = try group(of: id) else { continue }
            let sum = sums[group]
            sums[group] = (sum.map { $0.amounts + amounts } ?? amounts, (sum?.processes ?? 0) + 1)
        }
        for (id, sum) in sums {
            add(SpanRecord.Group(sum: MemorySummary(sum.amounts), processes: sum.processes), ofGroup: id)
        }
    }

    mutating func add(_ record: SpanRecord) {
        for (id, summary) in record.subjects { add(summary, ofSubject: id) }
        for (id, group) in record.groups { add(group, ofGroup: id) }
    }

    /// Without the subjects that the predicate refuses; they stay part of their groups.
    func record(where isKept: (Int64) -> Bool) -> SpanRecord {
        SpanRecord(
            subjects: subjects.filter { isKept($0.key) }.mapValues(\.result),
            groups: groups.mapValues { SpanRecord.Group(sum: $0.sum.result, processes: $0.processes) })
    }

    private mutating func add(_ summary: MemorySummary, ofSubject id: Int64) {
        if subjects[id]?.add(summary) == nil { subjects[id] = SummaryBuilder(summary) }
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
        let group = try groupOfSubject(id)
        knownGroups[id] = .some(group)
        return group
    }
}
