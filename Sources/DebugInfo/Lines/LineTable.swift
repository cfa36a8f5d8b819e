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

    private let rows: [Row]
    private let sequences: [Sequence]
    let files: FileTable

    /// The table while the program runs.
    private struct Rows {
        let code: [Range<UInt64>]
        var rows: ReservedArray<Row>
        var sequences: ReservedArray<Sequence>
        /// Where the rows of the sequence begin whose end hasn't come.
        var start = 0

        mutating func add(_ row: Row) throws(DebugInfoError) {
            if rows.elements.count > start, let last = rows.elements.last, last.file == row.file, last.line == row.line
            {
                return
            }
            try rows.append(row)
        }

        mutating func endSequence(at end: UInt64) throws(DebugInfoError) {
            guard rows.elements.count > start else { return }
            let first = rows.elements[start].address
            guard first < end, code.contains(where: { $0.contains(first) }) else { return rows.removeAll(from: start) }
            let added = rows.elements[start...]
            // A program whose addresses don't ascend breaks the standard's own rule.
            if zip(added, added.dropFirst()).contains(where: { $0.address > $1.address }) {
                rows.sort(from: start) { $0.address < $1.address }
            }
            let (low, count) = (rows.elements[start].address, rows.elements.count)
            try sequences.append(Sequence(range: low..<max(end, low), rows: start..<count))
            start = count
        }
    }

    /// Runs the program at an offset of `.debug_line`.
    ///
    /// - Parameter code: the addresses of the object file's code; what lies elsewhere was discarded by the linker.
    init(
        at offset: UInt64, of section: DebugSection, addressSize: Int, code: [Range<UInt64>], budget: DebugInfoBudget,
        _ reservation: MemoryReservation
    ) throws(DebugInfoError) {
        var program = try LineProgram(
            at: offset, of: section, addressSize: addressSize, budget: budget, reservation)
        files = program.files
        var table = Rows(code: code, rows: ReservedArray(reservation), sequences: ReservedArray(reservation))
        // What comes before damage is as good as ever.
        try undamaged { () throws(DebugInfoError) in
            while let step = try program.next() {
                try budget.step()
                switch step {
                case .row(let row): try table.add(row)
                case .end(let address): try table.endSequence(at: address)
                }
            }
        }
        table.rows.removeAll(from: table.start)
        table.sequences.sort { $0.range.lowerBound < $1.range.lowerBound }
        rows = table.rows.elements
        sequences = table.sequences.elements
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
}
