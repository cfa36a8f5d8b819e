/// An object of Python: with its contents, if it is of a simple type, and as far as these are read.
package indirect enum CPythonValue: Hashable, Sendable {
    case none
    case boolean(Bool)
    case integer(Int64)
    /// An int of more than 60 bits.
    case largeInteger
    case float(Double)
    /// Printable; a long one ends in `…`.
    case text(String)
    /// The first bytes of so many.
    case bytes([UInt8], count: Int)
    /// Some elements of so many.
    case list([CPythonValue], count: Int)
    case tuple([CPythonValue], count: Int)
    /// Some elements; whether there are more.
    case set([CPythonValue], hasMore: Bool)
    case dictionary([Entry], hasMore: Bool)
    /// An object of another type.
    case object(type: String)
    /// A container further inside than is read.
    case omitted
    case unreadable

    package struct Entry: Hashable, Sendable {
        package let key: CPythonValue
        package let value: CPythonValue
    }
}

extension CPythonValue: CustomStringConvertible {
    /// As Python would print it, with `…` for what is not shown.
    package var description: String {
        switch self {
        case .none: "None"
        case .boolean(let value): value ? "True" : "False"
        case .integer(let value): "\(value)"
        case .largeInteger: "<large int>"
        case .float(let value): "\(value)"
        case .text(let text): "'\(text)'"
        case .bytes(let bytes, let count): Self.text(bytes, count)
        case .list(let elements, let count): "[" + Self.text(elements, hasMore: count > elements.count) + "]"
        case .tuple(let elements, let count):
            "(" + Self.text(elements, hasMore: count > elements.count) + (count == 1 ? ",)" : ")")
        case .set(let elements, let hasMore):
            elements.isEmpty && !hasMore ? "set()" : "{" + Self.text(elements, hasMore: hasMore) + "}"
        case .dictionary(let entries, let hasMore):
            "{" + Self.text(entries.map { "\($0.key): \($0.value)" }, hasMore: hasMore) + "}"
        case .object(let type): "<\(type) object>"
        case .omitted: "…"
        case .unreadable: "<unreadable>"
        }
    }

    private static func text(_ parts: [some CustomStringConvertible], hasMore: Bool) -> String {
        (parts.map(\.description) + (hasMore ? ["…"] : [])).joined(separator: ", ")
    }

    private static func text(_ bytes: [UInt8], _ count: Int) -> String {
        let shown = bytes.map { byte in
            let digits = (byte < 16 ? "0" : "") + String(byte, radix: 16)
            return 0x20..<0x7F ~= byte ? String(Unicode.Scalar(byte)) : "\\x" + digits
        }
        return "b'" + shown.joined() + (count > bytes.count ? "…'" : "'")
    }
}
