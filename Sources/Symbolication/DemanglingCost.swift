/// How much work a mangled name can ask for.
///
/// Back references let a name double what it says with every few bytes. libiberty then searches parameter packs, and
/// the Swift runtime prints, for a time and into a space that grow exponentially with the number of references.
enum DemanglingCost {
    /// Whether the references in a name multiply it by no more than about a million.
    static func isAcceptable(_ name: String, _ scheme: MangledName.Scheme) -> Bool {
        switch scheme {
        case .itanium: !hasPack(name) || itaniumReferences(in: name) <= maximumDoublings
        case .swift: swiftDoublings(in: Array(name.utf8)) <= maximumDoublings
        // Every step of these prints something, and the output is bounded.
        case .rust, .none: true
        }
    }

    /// A pack expansion, type or expression; printing one makes libiberty search all of its operand.
    private static func hasPack(_ name: String) -> Bool { name.contains("Dp") || name.contains("sp") }

    /// Counts `S_`, `S0_`, … `SZZ_`.
    private static func itaniumReferences(in name: String) -> Int {
        var count = 0
        var isInReference = false
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "S"): isInReference = true
            case UInt8(ascii: "_"):
                count += isInReference ? 1 : 0
                isInReference = false
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): break
            default: isInReference = false
            }
        }
        return count
    }

    /// The sum of log2(1 + n) over the substitutions, rounded up, where `n` is how often one is repeated.
    ///
    /// A substitution is `A`, then any number of lower-case letters and an upper-case one or an underscore, each
    /// after an optional count (Swift's docs/ABI/Mangling.rst).
    private static func swiftDoublings(in name: [UInt8]) -> Int {
        var doublings = 0
        var index = 0
        while index < name.count {
            let start = index
            index += 1
            if isDigit(name[start]), name[start] != UInt8(ascii: "0") {
                let length = number(in: name, at: &index, from: start)
                index += min(length, name.count - index)
            } else if name[start] == UInt8(ascii: "A") || name[start] == UInt8(ascii: "S") {
                doublings += substitutions(in: name, at: &index)
            }
        }
        return doublings
    }

    private static func substitutions(in name: [UInt8], at index: inout Int) -> Int {
        let isNumbered = name[index - 1] == UInt8(ascii: "A")
        var doublings = 0
        while index < name.count {
            let count = number(in: name, at: &index, from: index)
            guard index < name.count else { break }
            let letter = name[index]
            doublings += isNumbered || count > 1 ? Int.bitWidth - max(count, 1).leadingZeroBitCount : 0
            index += 1
            guard isNumbered, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) else { break }
        }
        return doublings
    }

    /// The decimal number at `start`, at most 9,999; moves `index` behind it.
    private static func number(in name: [UInt8], at index: inout Int, from start: Int) -> Int {
        var value = 0
        index = start
        while index < name.count, isDigit(name[index]) {
            value = min(value * 10 + Int(name[index] - UInt8(ascii: "0")), 9999)
            index += 1
        }
        return value
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static let maximumDoublings = 20
}
