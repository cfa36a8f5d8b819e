/// Turns symbols in the order of their addresses into pieces that don't overlap.
///
/// Time and space are linear in the number of symbols, however they nest.
struct SymbolSweep {
    /// The addresses `start ..< end`, which belong to `symbol`.
    struct Piece {
        let start: UInt64
        var end: UInt64
        let symbol: SymbolCandidate
    }

    private(set) var pieces: [Piece] = []
    /// The symbols that reach past `position`; the last is the one that addresses belong to.
    private var open: [SymbolCandidate] = []
    private var position: UInt64 = 0

    /// Adds the symbols of the next address, the best first.
    mutating func add(_ group: ArraySlice<SymbolCandidate>) {
        guard let best = group.first else { return }
        advance(to: best.start)
        while let last = open.last, last.end <= best.start || !last.isSized { open.removeLast() }
        if !best.isSized {
            // A label inside of a function is not the start of another one.
            if open.isEmpty { open.append(best) }
            return
        }
        // Worse symbols name only what lies past the end of the better ones.
        var visible: [SymbolCandidate] = []
        for candidate in group where candidate.isSized && candidate.end > visible.last?.end ?? candidate.start {
            visible.append(candidate)
        }
        open += visible.reversed()
    }

    /// The pieces, after the last symbol.
    consuming func finished() -> [Piece] {
        advance(to: .max)
        return pieces
    }

    private mutating func advance(to limit: UInt64) {
        while let last = open.last, position < limit {
            if last.end > position { name(position..<min(last.end, limit), last) }
            position = max(position, min(last.end, limit))
            if last.end <= limit { open.removeLast() }
        }
        position = limit
    }

    private mutating func name(_ range: Range<UInt64>, _ symbol: SymbolCandidate) {
        if let last = pieces.indices.last, pieces[last].end == range.lowerBound, pieces[last].symbol == symbol {
            pieces[last].end = range.upperBound
        } else {
            pieces.append(Piece(start: range.lowerBound, end: range.upperBound, symbol: symbol))
        }
    }
}
