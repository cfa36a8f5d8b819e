import ProfileModel
import SystemSupport

/// The blocks of a process that nothing reaches, as text or as JSON.
struct LeakReport: BlockReport {
    let process: DescribedProcess
    let start: UTCTimestamp
    private let scan: HeapScan
    private let list: BlockGroupList?
    private let seconds: Double
    private let losses: HeapLosses
    private let hasReadRegisters: Bool

    /// - Parameter threadsWithoutRegisters: threads whose registers could not be read; `nil` where there was no reason to.
    init(
        process: DescribedProcess, start: UTCTimestamp, scan: HeapScan, groups: BlockGroupList?, seconds: Double,
        threadsWithoutRegisters: Int?
    ) {
        (self.process, self.start, self.scan, self.seconds) = (process, start, scan, seconds)
        list = groups
        var losses = scan.summary.losses
        for _ in 0..<(threadsWithoutRegisters ?? 0) { losses.note(.registers, bytes: 0) }
        self.losses = losses
        hasReadRegisters = threadsWithoutRegisters != nil
    }

    /// Whether everything was searched that could lead to blocks.
    private var isCertain: Bool { losses.amounts[.unreadable] == nil && losses.amounts[.registers] == nil }

    private enum Key: String, CodingKey {
        case heap, scans, unreachable, undecided, certain, groups, rest
        case seconds = "durationSeconds"
        case searched = "searchedBytes"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        let summary = HeapSummary(
            arenas: scan.summary.arenas, cached: scan.summary.cached, mapped: scan.summary.mapped, losses: losses)
        try container.encode(HeapDocument(summary), forKey: .heap)
        try container.encode(scan.count, forKey: .scans)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(scan.searchedBytes, forKey: .searched)
        try container.encode(isCertain, forKey: .certain)
        try container.encode(HeapDocument.Amount(scan.unreached), forKey: .unreachable)
        try container.encode(HeapDocument.Amount(scan.undecided), forKey: .undecided)
        try container.encode(list?.groups.map(BlockGroupDocument.init), forKey: .groups)
        try container.encode(HeapDocument.Amount(list?.rest ?? HeapAmount()), forKey: .rest)
    }

    var document: JSONDocument<LeakReport> { JSONDocument(.leaks, about: process, start: start, self) }

    /// - Parameter limit: How many groups are shown; `nil` for all.
    func text(_ style: TextStyle, limit: Int?) -> String {
        style.applied(.bold, to: "\(process.name ?? "process") (PID \(process.pid ?? 0)): \(verdict)") + "\n"
            + "  \(scan.summary.live.words) in use; \(NumberText.count(scan.count, "scan")) in "
            + "\(NumberText.decimal(seconds, digits: 1)) s, each of \(NumberText.bytes(scan.searchedBytes)) of stacks and other "
            + "memory outside of the heap\(hasReadRegisters ? ", the last also of registers" : "")\n"
            + groupsText(style, limit) + undecidedText
            + losses.amounts.sorted { $0.key.rawValue < $1.key.rawValue }.map { "  \($0.words($1))\n" }.joined()
    }

    private var verdict: String {
        guard scan.unreached.blocks > 0 else { return "no leaks" }
        let found = scan.unreached.words
        return isCertain ? "\(found) leaked: nothing reaches them" : "\(found) may be leaked: no reference was found"
    }

    private var undecidedText: String {
        guard scan.undecided.blocks > 0 else { return "" }
        return
            "  \(scan.undecided.words) were not reached either, and may be free: run it again while the process does less\n"
    }

    private func groupsText(_ style: TextStyle, _ limit: Int?) -> String {
        guard scan.unreached.blocks > 0 else { return "" }
        guard let list else { return "  what is in them could not be read\n" }
        return "\n" + BlockGroup.table(list.groups, style, limit)
    }
}
