/// Turns symbols in the order of their addresses into pieces that don't overlap.
///
/// Time and space are linear in the number of symbols, however they nest.
struct SymbolSweep {
    /// The addresses `start ..< start + length`, which belong to one symbol.
    struct Piece: Sendable {
        let start: UInt64
        var length: UInt32
        /// The index of the candidate.
        let symbol: UInt32

        var end: UInt64 { start &+ UInt64(length) }
    }

    private let candidates: [SymbolCandidate]
    private(set) var pieces: [Piece] = []
    /// The symbols that reach past `position`; the last is the one that addresses belong to.
    private var open: [UInt32] = []
    private var position: UInt64 = 0

    /// - Parameter candidates: in the order of `SymbolCandidate.precedes`.
    init(_ candidates: [SymbolCandidate]) { self.candidates = candidates }

    /// Adds the symbols of the next address.
    mutating func add(_ group: Range<Int>) {
        guard let first = group.first else { return }
        let best = candidates[first]
        advance(to: best.start)
        while let last = open.last.map({ candidates[Int($0)] }), last.end <= best.start || !last.isSized {
            open.removeLast()
        }
        if !best.isSized {
            // A label inside of a function is not the start of another one.
            if open.isEmpty { open.append(UInt32(first)) }
            return
        }
        // Worse symbols name only what lies past the end of the better ones.
        let start = open.count
        var reached: UInt32 = 0
        for index in group where candidates[index].isSized && candidates[index].length > reached {
            open.append(UInt32(index))
            reached = candidates[index].length
        }
        open[start...].reverse()
    }

    /// Names what lies behind the start of the last symbol.
    mutating func finish() { advance(to: .max) }

    private mutating func advance(to limit: UInt64) {
        while let last = open.last, position < limit {
            let end = candidates[Int(last)].end
            if end > position { name(position..<min(end, limit), last) }
            position = max(position, min(end, limit))
            if end <= limit { open.removeLast() }
        }
        position = limit
    }

    private mutating func name(_ range: Range<UInt64>, _ symbol: UInt32) {
        let length = UInt32(range.upperBound - range.lowerBound)
        if let last = pieces.indices.last, pieces[last].end == range.lowerBound, pieces[last].symbol == symbol {
            pieces[last].length += length
        } else {
            pieces.append(Piece(start: range.lowerBound, length: length, symbol: symbol))
        }
    }
}
