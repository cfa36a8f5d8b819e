/// The lines of a text, with their numbers.
struct TextLines: Sequence, IteratorProtocol {
    struct Line {
        /// From 1.
        let number: Int
        /// Without its end, LF or CR LF.
        let bytes: ArraySlice<UInt8>
    }

    private var rest: ArraySlice<UInt8>
    private var number = 0

    init(_ text: [UInt8]) { rest = text[...] }

    mutating func next() -> Line? {
        guard !rest.isEmpty else { return nil }
        number += 1
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
        var bytes = rest[rest.startIndex..<end]
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        rest = end < rest.endIndex ? rest[(end + 1)...] : []
        return Line(number: number, bytes: bytes)
    }
}

extension ArraySlice<UInt8> {
    /// As UTF-8; what is none becomes U+FFFD.
    var text: String { String(decoding: self, as: UTF8.self) }

    /// Without spaces and tabs at both ends.
    var trimmed: ArraySlice<UInt8> {
        var slice = self.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        while let last = slice.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { slice.removeLast() }
        return slice
    }

    /// A number in decimal digits only, the greatest one where it is greater; `nil` for anything else.
    var decimal: Int64? {
        guard !isEmpty, allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        var value: Int64 = 0
        for byte in self {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            if overflow || carry { return .max }
            value = sum
        }
        return value
    }

    /// The part before and after the last such byte; `nil` without one.
    func splitAtLast(_ byte: UInt8) -> (before: ArraySlice<UInt8>, after: ArraySlice<UInt8>)? {
        lastIndex(of: byte).map { (self[startIndex..<$0], self[($0 + 1)...]) }
    }
}
