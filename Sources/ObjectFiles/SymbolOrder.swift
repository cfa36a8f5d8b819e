/// Sorts symbols in the order of `SymbolCandidate.precedes`, in time linear in their number where few share an address.
///
/// By the digits of their addresses, least significant first, as far as the addresses differ at all: the functions of a
/// library differ in two digits or three.
enum SymbolOrder {
    /// Beyond the symbols themselves, as many again are held meanwhile.
    static func sort(_ symbols: inout [SymbolCandidate]) {
        guard let first = symbols.first else { return }
        let differing = symbols.reduce(0) { $0 | ($1.start ^ first.start) }
        var other = symbols
        for shift in stride(from: 0, to: 64, by: digitBits) where (differing >> shift) & (base - 1) != 0 {
            distribute(symbols, into: &other, by: shift)
            swap(&symbols, &other)
        }
        orderEqualAddresses(&symbols)
    }

    private static func distribute(
        _ symbols: [SymbolCandidate], into other: inout [SymbolCandidate], by shift: Int
    ) {
        var places = [Int](repeating: 0, count: Int(base))
        for symbol in symbols { places[digit(of: symbol, shift)] += 1 }
        var next = 0
        for value in places.indices {
            (places[value], next) = (next, next + places[value])
        }
        for symbol in symbols {
            let value = digit(of: symbol, shift)
            other[places[value]] = symbol
            places[value] += 1
        }
    }

    private static func digit(of symbol: SymbolCandidate, _ shift: Int) -> Int {
        Int((symbol.start >> shift) & (base - 1))
    }

    private static func orderEqualAddresses(_ symbols: inout [SymbolCandidate]) {
        var start = 0
        while start < symbols.count {
            var end = start + 1
            while end < symbols.count, symbols[end].start == symbols[start].start { end += 1 }
            if end - start > 1 { symbols[start..<end].sort(by: SymbolCandidate.precedes) }
            start = end
        }
    }

    private static let digitBits = 12
    private static let base: UInt64 = 1 << digitBits
}
