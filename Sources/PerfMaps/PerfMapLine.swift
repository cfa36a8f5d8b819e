/// A line of a perf map: where generated code lies, and what it is called.
///
/// `START SIZE NAME`, both numbers hexadecimal, `NAME` up to the line's end (`tools/perf/Documentation/jit-interface.txt`
/// of Linux).
package struct PerfMapLine: Hashable, Sendable {
    package let start: UInt64
    /// The first address after the code.
    package let end: UInt64
    /// The bytes of the name, any but a newline.
    package let name: ArraySlice<UInt8>

    /// Bytes; a longer line has no code of its own.
    package static let longest = 1 << 16
    /// Bytes of code that one line may name: no runtime generates a larger function.
    private static let largestSize: UInt64 = 64 << 20

    /// - Parameter line: without its newline.
    package init(parsing line: ArraySlice<UInt8>) throws(PerfMapProblem) {
        var rest = line
        guard let start = Self.number(&rest) else { throw .noAddress }
        guard let size = Self.number(&rest) else { throw .noSize }
        guard !rest.isEmpty else { throw .noName }
        guard size > 0, size <= Self.largestSize, start <= .max - size else { throw .implausibleSize }
        self.start = start
        end = start + size
        name = rest
    }

    /// A number and the blank behind it; some runtimes write `0x` before it.
    private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        if rest.starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")]) { rest = rest.dropFirst(2) }
        let end = rest.firstIndex(of: UInt8(ascii: " ")) ?? rest.endIndex
        let digits = rest[..<end]
        guard !digits.isEmpty, digits.count <= 16 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard let digit = hexadecimalValue(of: digit) else { return nil }
            value = value << 4 | digit
        }
        rest = rest[end...].drop { $0 == UInt8(ascii: " ") }
        return value
    }

    private static func hexadecimalValue(of digit: UInt8) -> UInt64? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(digit - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(digit - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

/// What is wrong with a line of a perf map.
package enum PerfMapProblem: Error, Hashable, Sendable {
    case noAddress
    case noSize
    case noName
    /// No bytes, more than a function has, or more than the address space has.
    case implausibleSize
    case tooLong
}

/// Lines of a perf map that name no code.
package struct PerfMapDamage: Error, Hashable, Sendable {
    package var lines: Int
    /// The offset in the file, in bytes, at which the first of them begins.
    package let firstOffset: UInt64
    package let firstProblem: PerfMapProblem

    /// Of one map, and of another one or a later version of it.
    package static func sum(_ first: PerfMapDamage?, _ second: PerfMapDamage?) -> PerfMapDamage? {
        guard var sum = first, let second else { return first ?? second }
        sum.lines += second.lines
        return sum
    }
}
