import ProfileModel
import SystemSupport

/// What fills the heap of a process, as text or as JSON.
struct HeapReport: BlockReport {
    private let process: DescribedProcess
    private let start: UTCTimestamp
    private let summary: HeapSummary
    private let list: BlockGroupList
    private let growth: HeapGrowth?

    init(_ process: DescribedProcess, _ start: UTCTimestamp, _ contents: HeapTarget.Contents, growth: HeapGrowth?) {
        (self.process, self.start, self.growth) = (process, start, growth)
        (summary, list) = (contents.summary, contents.groups)
    }

    private enum Key: CodingKey { case heap, groups, rest, growth }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(HeapDocument(summary), forKey: .heap)
        try container.encode(list.groups.map(BlockGroupDocument.init), forKey: .groups)
        try container.encode(HeapDocument.Amount(list.rest), forKey: .rest)
        try container.encode(growth.map(HeapGrowthDocument.init), forKey: .growth)
    }

    var document: JSONDocument<HeapReport> { JSONDocument(.heap, about: process, start: start, self) }

    /// - Parameter limit: How many groups are shown; `nil` for all.
    func text(_ style: TextStyle, limit: Int?) -> String {
        let free = summary.free.bytes
        let head =
            "\(process.name ?? "process") (PID \(process.pid ?? 0)): \(summary.live.words) in use, "
            + "\(NumberText.bytes(free)) free"
        return style.applied(.bold, to: head) + "\n" + partsText(style) + growthText(style, limit)
            + groupsText(style, limit)
            + summary.losses.amounts.sorted { $0.key.rawValue < $1.key.rawValue }.map { "  \($0.words($1))\n" }.joined()
    }

    private func partsText(_ style: TextStyle) -> String {
        var table = TextTable(["BLOCKS", "IN USE", "FREE", "PART"])
        func add(_ live: HeapAmount, _ free: HeapAmount, _ part: String) {
            table.add([
                NumberText.grouped(live.blocks), NumberText.bytes(live.bytes), NumberText.bytes(free.bytes), part,
            ])
        }
        let (main, others) = (summary.sums { $0.isMain }, summary.sums { !$0.isMain })
        add(main.live, main.free, "main arena")
        if others.count > 0 { add(others.live, others.free, NumberText.count(others.count, "arena") + " of threads") }
        add(summary.mapped, HeapAmount(), "mapped one by one")
        return "\n" + table.text(style)
            + "  of what is free, \(NumberText.bytes(summary.cached.bytes)) are kept for single threads\n"
    }

    private func growthText(_ style: TextStyle, _ limit: Int?) -> String {
        guard let growth else { return "" }
        let time = "\(NumberText.decimal(growth.seconds, digits: 1)) s"
        guard !growth.changes.isEmpty else { return "\nNothing changed in \(time).\n" }
        let verb = growth.bytes < 0 ? "It shrank by" : "It grew by"
        var table = TextTable(["GREW", "BLOCKS", "NOW", "SIZE", "CONTENT"])
        for change in growth.changes.prefix(limit ?? growth.changes.count) {
            table.add([
                (change.bytes > 0 ? "+" : "") + NumberText.bytes(change.bytes),
                (change.blocks > 0 ? "+" : "") + NumberText.grouped(change.blocks),
                NumberText.bytes(change.group.amount.bytes), change.group.sizeText, change.group.words,
            ])
        }
        let head = "\n\(verb) \(NumberText.bytes(growth.bytes.magnitude)) in \(time):\n"
        return style.applied(.bold, to: head) + table.text(style) + BlockGroup.rest(growth.changes.count, limit)
    }

    private func groupsText(_ style: TextStyle, _ limit: Int?) -> String {
        style.applied(.bold, to: "\nWhat fills it:\n") + BlockGroup.table(list.groups, style, limit)
    }
}

extension HeapSummary {
    fileprivate func sums(
        _ isIncluded: (Arena) -> Bool
    ) -> (count: Int, live: HeapAmount, free: HeapAmount) {
        let chosen = arenas.filter(isIncluded)
        return chosen.reduce(into: (chosen.count, HeapAmount(), HeapAmount())) { sums, arena in
            sums.1.add(arena.live)
            sums.2.add(arena.free)
        }
    }
}

/// What grew, as `--json` writes it.
private struct HeapGrowthDocument: Encodable {
    let seconds: Double
    let bytes: Int64
    let groups: [Change]

    struct Change: Encodable {
        let now: BlockGroupDocument
        let blocks: Int64
        let bytes: Int64

        private enum CodingKeys: String, CodingKey {
            case now
            case blocks = "growthBlocks"
            case bytes = "growthBytes"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case seconds = "durationSeconds"
        case bytes = "growthBytes"
        case groups
    }

    init(_ growth: HeapGrowth) {
        (seconds, bytes) = (growth.seconds, growth.bytes)
        groups = growth.changes.map { Change(now: BlockGroupDocument($0.group), blocks: $0.blocks, bytes: $0.bytes) }
    }
}
