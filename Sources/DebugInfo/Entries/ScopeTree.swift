internal import ObjectFiles
internal import SystemSupport

/// The functions of a unit and the calls that were inlined into them, by their code.
struct ScopeTree {
    /// A function with code of its own, or an inlined call.
    struct Scope {
        /// The offset of its entry in `.debug_info`.
        let entry: UInt64
        let callFile: UInt32
        let callLine: UInt32
        /// What it was inlined into; `nil` for a function with code of its own.
        let caller: Int32?
        let callColumn: UInt16
    }

    /// The innermost scope from an address to the next piece's.
    private struct Piece {
        let start: UInt64
        let scope: Int32?
    }

    /// What functions are declared in.
    let names: NameScopes
    private let scopes: [Scope]
    /// In the order of their addresses.
    private let pieces: [Piece]

    /// Reads all entries of a unit.
    init(
        of context: UnitContext, budget: DebugInfoBudget, _ reservation: MemoryReservation
    ) throws(DebugInfoError) {
        var walk = try ScopeWalk(context, budget: budget, reservation)
        // What comes before damage is as good as ever.
        try undamaged { () throws(DebugInfoError) in try walk.run() }
        scopes = walk.scopes.elements
        names = walk.names
        pieces = try Self.pieces(of: &walk.ranges, reservation)
        walk.ranges.release()
    }

    /// Where ranges overlap, code belongs to the one that begins last, and among those that begin together, to the
    /// shortest one, or the innermost one of equals.
    private static func pieces(
        of ranges: inout ReservedArray<ScopeWalk.ScopeRange>, _ reservation: MemoryReservation
    ) throws(DebugInfoError) -> [Piece] {
        ranges.sort {
            ($0.range.lowerBound, $1.range.upperBound, $0.scope) < ($1.range.lowerBound, $0.range.upperBound, $1.scope)
        }
        // Each range has one piece where it begins and one where it ends, at most.
        let count = ranges.elements.count
        let openSize = count * MemoryLayout<ScopeWalk.ScopeRange>.stride
        try withinBudget { () throws(BudgetExhausted) in
            try reservation.grow(by: openSize + 2 * count * MemoryLayout<Piece>.stride)
        }
        defer { reservation.shrink(by: openSize) }
        var pieces: [Piece] = []
        var open: [ScopeWalk.ScopeRange] = []
        pieces.reserveCapacity(2 * count)
        open.reserveCapacity(count)
        func add(_ start: UInt64, _ scope: Int32?) {
            if pieces.last?.start == start { pieces.removeLast() }
            if pieces.last?.scope != scope || pieces.isEmpty { pieces.append(Piece(start: start, scope: scope)) }
        }
        func close(upTo limit: UInt64) {
            while let last = open.last, last.range.upperBound <= limit {
                let end = last.range.upperBound
                while let outer = open.last, outer.range.upperBound <= end { open.removeLast() }
                add(end, open.last?.scope)
            }
        }
        for range in ranges.elements {
            close(upTo: range.range.lowerBound)
            open.append(range)
            add(range.range.lowerBound, range.scope)
        }
        close(upTo: .max)
        return pieces
    }

    /// The scopes at an address, the innermost one first; none where the unit has no function there.
    func chain(at address: UInt64) -> [Scope] {
        var next = pieces[..<pieces.partitionPoint { $0.start <= address }].last?.scope
        var chain: [Scope] = []
        while let scope = next, chain.count < Self.limit {
            chain.append(scopes[Int(scope)])
            next = scopes[Int(scope)].caller
        }
        return chain
    }

    /// Calls inlined into each other.
    private static let limit = 256
}
