internal import ObjectFiles
internal import SystemSupport

/// Which line the code at an address comes from, by a unit's line program.
struct LineTable {
    /// From its address to that of the next row of its sequence.
    struct Row {
        let address: UInt64
        let file: UInt32
        /// 0 where code comes from no line.
        let line: UInt32
    }

    private struct Sequence {
        let range: Range<UInt64>
        let rows: Range<Int>
    }

    private var rows: [Row] = []
    private var sequences: [Sequence] = []
    let files: FileTable

    /// Runs the program at an offset of `.debug_line`.
    ///
    /// - Parameter code: the addresses of the object file's code; what lies elsewhere was discarded by the linker.
    init(
        at offset: UInt64, of section: DebugSection, addressSize: Int, code: [Range<UInt64>], budget: ParsingBudget,
        _ reservation: MemoryReservation
    ) throws(DebugInfoError) {
        var program = try LineProgram(at: offset, of: section, addressSize: addressSize)
        files = program.files
        let filesSize = files.memorySize
        try withinBudget { () throws(BudgetExhausted) in try reservation.grow(by: filesSize) }
        var pending: [Row] = []
        var count = 0
        do throws(DebugInfoError) {
            while let step = try program.next() {
                switch step {
                case .row(let row):
                    if count % Self.chunk == 0 {
                        try withinBudget { () throws(BudgetExhausted) in try budget.spend(Self.chunk, .entries) }
                    }
                    count += 1
                    if let last = pending.last, last.file == row.file, last.line == row.line { continue }
                    pending.append(row)
                case .end(let address):
                    try add(pending, endingAt: address, code, reservation)
                    pending.removeAll(keepingCapacity: true)
                }
            }
        } catch {
            if case .budgetExhausted = error { throw error }
            // What comes before the damage is as good as ever.
        }
        sequences.sort { $0.range.lowerBound < $1.range.lowerBound }
    }

    private mutating func add(
        _ added: [Row], endingAt end: UInt64, _ code: [Range<UInt64>], _ reservation: MemoryReservation
    ) throws(DebugInfoError) {
        guard let first = added.first?.address, first < end, code.contains(where: { $0.contains(first) }) else {
            return
        }
        let size = added.count * MemoryLayout<Row>.stride + MemoryLayout<Sequence>.stride
        try withinBudget { () throws(BudgetExhausted) in try reservation.grow(by: size) }
        let start = rows.count
        rows += added
        // A program whose addresses don't ascend breaks the standard's own rule.
        if zip(added, added.dropFirst()).contains(where: { $0.address > $1.address }) {
            rows[start...].sort { $0.address < $1.address }
        }
        sequences.append(Sequence(range: rows[start].address..<max(end, rows[start].address), rows: start..<rows.count))
    }

    /// The row that an address belongs to.
    func row(at address: UInt64) -> Row? {
        let end = sequences.partitionPoint { $0.range.lowerBound <= address }
        let candidates = sequences[..<end].suffix(Self.overlaps)
        guard let sequence = candidates.last(where: { $0.range.contains(address) }) else { return nil }
        let part = rows[sequence.rows]
        return part[..<part.partitionPoint { $0.address <= address }].last
    }

    /// How many sequences before an address may contain it.
    private static let overlaps = 8
    private static let chunk = 4096
}
