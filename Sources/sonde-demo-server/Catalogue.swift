struct Product: Sendable {
    let title: String
    let ratings: [UInt8]
}

/// What the shop sells.
struct Catalogue: Sendable {
    private let products: [Product] = (0..<600).map { number in
        Product(
            title: "Lamp <\(number)> & shade \"no. \(number % 17)\"",
            ratings: (0..<100).map { UInt8(truncatingIfNeeded: ($0 * 31 + number * 7) % 6) })
    }

    /// The sixty products of a page; pages wrap.
    @inline(never)
    func page(_ number: Int) -> ArraySlice<Product> {
        let first = Int(number.magnitude % 10) * 60
        return products[first..<first + 60]
    }
}
