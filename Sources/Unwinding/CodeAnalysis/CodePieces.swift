internal import ProfileModel

/// The code that something was found from, by which it can be checked whether that is still true.
struct CodePieces {
    /// Smaller code is compared as a whole, other code around the places that matter.
    private static let comparedSize = 1024
    private static let costOfPiece = 64

    private struct Piece {
        let start: Address
        let bytes: [UInt8]
    }

    /// In ascending order.
    private let pieces: [Piece]
    /// How much memory it takes, about.
    let size: Int

    /// - Parameter ranges: in ascending order.
    /// - Returns: `nil` when not all can be read, or there is nothing to compare.
    init?(_ ranges: [Range<Address>], in code: any CodeSource) {
        guard !ranges.isEmpty else { return nil }
        var pieces: [Piece] = []
        var size = 0
        for range in ranges {
            let count = Int(range.upperBound.rawValue - range.lowerBound.rawValue)
            let bytes = code.bytes(at: range.lowerBound, count: count)
            guard bytes.count == count else { return nil }
            pieces.append(Piece(start: range.lowerBound, bytes: bytes))
            size += count + Self.costOfPiece
        }
        self.pieces = pieces
        self.size = size
    }

    /// Whether the code is what it was: all of it, or where it is large, around these places.
    func areCurrent(at places: [Address], in code: any CodeSource) -> Bool {
        let compared = size <= Self.comparedSize ? pieces : places.compactMap(piece(around:))
        return compared.allSatisfy { code.bytes(at: $0.start, count: $0.bytes.count) == $0.bytes }
    }

    /// `nil` where the code isn't part of it.
    private func piece(around place: Address) -> Piece? {
        let following = pieces.firstIndex { $0.start > place } ?? pieces.count
        guard following > 0 else { return nil }
        let piece = pieces[following - 1]
        let distance = place.rawValue - piece.start.rawValue
        guard distance < UInt64(piece.bytes.count) else { return nil }
        let first = max(0, Int(distance) - Self.comparedSize / 2)
        return Piece(
            start: piece.start.advanced(by: UInt64(first)),
            bytes: Array(piece.bytes.dropFirst(first).prefix(Self.comparedSize)))
    }
}

/// What was found from code, as long as the code is the same.
struct CodeResults<Key: Hashable, Value> {
    private static var largestCode: Int { 8 << 20 }

    private struct Result {
        let value: Value
        let cost: Int
        /// Where the code may change unnoticed.
        let code: CodePieces?
    }

    private let limit: Int
    private var results: [Key: Result] = [:]
    private var cost = 0
    /// How much memory the code takes that is kept.
    private(set) var codeSize = 0

    /// - Parameter limit: of the sum of all results' costs.
    init(limit: Int) { self.limit = limit }

    /// - Parameter places: where the code is compared, if it is too large to compare all.
    func value(of key: Key, for places: [Address], in code: any CodeSource) -> Value? {
        guard let found = results[key], found.code?.areCurrent(at: places, in: code) != false else { return nil }
        return found.value
    }

    /// Keeps what a graph shows, unless its code may change and can't be compared.
    mutating func keep(_ value: Value, of key: Key, cost added: Int, from graph: PathGraph, in code: any CodeSource) {
        keep(value, of: key, cost: added, at: graph.start, from: graph.pieces, in: code)
    }

    /// - Parameters:
    ///   - place: in the code that the value was found from.
    ///   - ranges: that code, in ascending order.
    mutating func keep(
        _ value: Value, of key: Key, cost added: Int, at place: Address,
        from ranges: @autoclosure () -> [Range<Address>], in code: any CodeSource
    ) {
        remove(key)
        let isStable = code.isStable(at: place)
        let pieces = isStable ? nil : CodePieces(ranges(), in: code)
        guard isStable || pieces != nil else { return }
        if cost >= limit || codeSize + (pieces?.size ?? 0) > Self.largestCode { removeAll() }
        cost += added
        codeSize += pieces?.size ?? 0
        results[key] = Result(value: value, cost: added, code: pieces)
    }

    mutating func removeAll() {
        results.removeAll()
        cost = 0
        codeSize = 0
    }

    private mutating func remove(_ key: Key) {
        guard let old = results.removeValue(forKey: key) else { return }
        cost -= old.cost
        codeSize -= old.code?.size ?? 0
    }
}
