internal import CElf
internal import Glibc

/// Merges symbol sections into a table.
struct SymbolTableBuilder {
    private let sources: [SymbolSource]

    init(_ sources: SymbolSources) { self.sources = sources.all }

    /// Sorts all symbols and settles which of them each address belongs to.
    func build() -> SymbolTable {
        let order = SymbolOrder(sources: sources)
        var candidates: [SymbolCandidate] = []
        candidates.reserveCapacity(sources.reduce(0) { $0 + $1.count })
        for (number, source) in sources.enumerated() {
            for index in 0..<source.count {
                guard let symbol = source.symbol(at: index),
                    let candidate = SymbolCandidate(symbol, source: number, source)
                else { continue }
                candidates.append(candidate)
            }
        }
        candidates.sort { order.precedes($0, $1) }
        var sweep = SymbolSweep()
        var index = 0
        while index < candidates.count {
            var end = index + 1
            while end < candidates.count, candidates[end].start == candidates[index].start { end += 1 }
            sweep.add(candidates[index..<end])
            index = end
        }
        return table(of: sweep.finished())
    }

    private func table(of pieces: [SymbolSweep.Piece]) -> SymbolTable {
        var names: [UInt8] = []
        var offsets = [Int?](repeating: nil, count: sources.count)
        for piece in pieces where offsets[Int(piece.symbol.source)] == nil {
            offsets[Int(piece.symbol.source)] = names.count
            names += sources[Int(piece.symbol.source)].names
            names.append(0)
        }
        let ranges = pieces.compactMap { piece -> SymbolTable.Range? in
            guard let base = offsets[Int(piece.symbol.source)],
                let name = UInt32(exactly: base + Int(piece.symbol.name))
            else { return nil }
            let symbolEnd = piece.symbol.isSized ? piece.symbol.end : piece.end
            return SymbolTable.Range(
                start: piece.start, length: UInt32(piece.end - piece.start),
                lead: UInt32(piece.start - piece.symbol.start),
                symbolSize: UInt32(symbolEnd - piece.symbol.start), name: name)
        }
        return SymbolTable(ranges: ranges, names: names)
    }
}
