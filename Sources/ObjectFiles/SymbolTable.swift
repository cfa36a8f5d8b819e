package import ProfileModel

/// The function symbols of an object file, as ranges that don't overlap, in the order of their addresses.
///
/// Where functions overlap, an address belongs to the one that starts last.
package struct SymbolTable: Sendable {
    /// The addresses `start ..< start + length`, which belong to one symbol.
    struct Range: Sendable {
        let start: UInt64
        let length: UInt32
        /// How far `start` lies behind the symbol's own address.
        let lead: UInt32
        let symbolSize: UInt32
        /// Where the symbol's name starts in `names`.
        let name: UInt32
    }

    private let ranges: [Range]
    /// String tables, one after the other; each name ends at a zero byte or at the end.
    private let names: [UInt8]

    init(ranges: [Range], names: [UInt8]) {
        self.ranges = ranges
        self.names = names
    }

    /// A table without symbols.
    package init() { self.init(ranges: [], names: []) }

    /// How many ranges have a name: about the number of functions.
    package var count: Int { ranges.count }

    /// The function whose range holds `address`; `nil` between functions.
    package func symbol(containing address: FileAddress) -> Symbol? {
        guard let range = range(startingAtOrBefore: address.rawValue),
            address.rawValue - range.start < UInt64(range.length)
        else { return nil }
        return Symbol(
            name: Self.name(in: names, at: Int(range.name)),
            address: FileAddress(rawValue: range.start - UInt64(range.lead)), size: UInt64(range.symbolSize))
    }

    private func range(startingAtOrBefore address: UInt64) -> Range? {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].start <= address { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : ranges[low - 1]
    }

    /// The name without `@VERSION` or `@@VERSION`.
    static func name(in names: [UInt8], at start: Int) -> String {
        let end = min(names.count, start + maximumNameLength)
        let bytes = names[start..<end].prefix { $0 != 0 }
        let version = bytes.dropFirst().firstIndex(of: UInt8(ascii: "@"))
        return String(decoding: version.map { bytes[..<$0] } ?? bytes, as: UTF8.self)
    }

    private static let maximumNameLength = 1 << 14
}
