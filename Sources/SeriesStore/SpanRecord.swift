/// The looks of five minutes or an hour together, by subject and by group.
///
/// Layout: count, then per subject its row's step and its summary, ascending; the same of the groups, each with its
/// largest number of processes after the summary.
struct SpanRecord {
    struct Group {
        var sum: MemorySummary
        var processes: UInt64
    }

    /// By row.
    var subjects: [Int64: MemorySummary] = [:]
    var groups: [Int64: Group] = [:]

    init(subjects: [Int64: MemorySummary], groups: [Int64: Group]) {
        self.subjects = subjects
        self.groups = groups
    }

    func content(sealedFor row: RecordSeal) -> [UInt8] {
        var writer = RecordWriter()
        writer.number(UInt64(subjects.count))
        var previous: Int64 = 0
        for (id, summary) in subjects.sorted(by: { $0.key < $1.key }) {
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
        return writer.sealed(for: row)
    }

    init(parsing content: [UInt8], sealedFor row: RecordSeal) throws(RecordReader.Malformed) {
        var reader = try RecordReader(content, sealedFor: row)
        var previous: Int64 = 0
        for _ in 0..<(try reader.count()) {
            let id = try reader.identifier(after: &previous)
            subjects[id] = try reader.summary()
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
