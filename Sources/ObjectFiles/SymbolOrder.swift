/// The order of symbols by address, in which the first of those at one address is the one to show.
struct SymbolOrder {
    let sources: [SymbolSource]

    /// By address; at one address the best first, and among equals a fixed order that prefers the plainer name.
    func precedes(_ left: SymbolCandidate, _ right: SymbolCandidate) -> Bool {
        if left.start != right.start { return left.start < right.start }
        if left.rank != right.rank { return left.rank < right.rank }
        if left.source == right.source, left.name == right.name { return left.end > right.end }
        let (leftName, rightName) = (name(of: left), name(of: right))
        let (leftUnderscores, rightUnderscores) = (underscores(of: leftName), underscores(of: rightName))
        if leftUnderscores != rightUnderscores { return leftUnderscores < rightUnderscores }
        if leftName.count != rightName.count { return leftName.count > rightName.count }
        if !leftName.elementsEqual(rightName) { return leftName.lexicographicallyPrecedes(rightName) }
        return (left.source, left.name, right.end) < (right.source, right.name, left.end)
    }

    private func name(of candidate: SymbolCandidate) -> ArraySlice<UInt8> {
        sources[Int(candidate.source)].names[Int(candidate.name)...].prefix(Self.comparedLength).prefix { $0 != 0 }
    }

    /// Leading underscores, which mark an alias for a library's own use, other than those of a mangled name.
    private func underscores(of name: ArraySlice<UInt8>) -> Int {
        if name.starts(with: "_Z".utf8) || name.starts(with: "_R".utf8) { return 0 }
        return name.prefix { $0 == UInt8(ascii: "_") }.count
    }

    /// Enough to tell real aliases apart, and a bound on what hostile ones cost.
    private static let comparedLength = 256
}
