internal import SystemSupport

/// Keeps, of a file's symbols, those that decide which functions a few addresses belong to.
///
/// A table of only these gives the addresses the symbols that the whole table would give them: sized symbols that cover
/// an address, and the nearest symbols before and behind it, which begin and end a symbol without a size.
struct SymbolFilter {
    /// In ascending order, without duplicates.
    private let addresses: [UInt64]
    private var covering: [SymbolCandidate] = []
    /// By address: those that start last between the address before (exclusive) and it (inclusive).
    private var before: [[SymbolCandidate]]
    /// By address: the one that starts first between it (exclusive) and the next address (inclusive).
    private var behind: [SymbolCandidate?]

    init(_ addresses: some Sequence<UInt64>) {
        self.addresses = Set(addresses).sorted()
        before = Array(repeating: [], count: self.addresses.count)
        behind = Array(repeating: nil, count: self.addresses.count)
    }

    mutating func add(_ symbol: SymbolCandidate) {
        let next = addresses.partitionPoint { $0 < symbol.start }
        if addresses.indices.contains(next) {
            if symbol.isSized, addresses[next] < symbol.end { covering.append(symbol) }
            let nearest = before[next].first?.start ?? 0
            if nearest < symbol.start { before[next].removeAll(keepingCapacity: true) }
            if nearest <= symbol.start { before[next].append(symbol) }
        }
        if next > 0, (behind[next - 1]?.start ?? .max) > symbol.start { behind[next - 1] = symbol }
    }

    /// Some of them may be there twice.
    var kept: [SymbolCandidate] { covering + before.joined() + behind.compactMap(\.self) }

    /// How many there are.
    var count: Int { covering.count + before.reduce(0) { $0 + $1.count } + behind.count { $0 != nil } }

    /// Where symbols without a size begin that may give an address its name.
    var labels: [UInt64] { before.joined().filter { !$0.isSized }.map(\.start) }
}
