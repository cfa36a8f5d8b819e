internal import SystemSupport

/// An object of Python: with its contents, if it is of a simple type, and as far as these are read.
package indirect enum CPythonValue: Hashable, Sendable {
    case none
    case boolean(Bool)
    case integer(Int64)
    /// An int of more than 60 bits.
    case largeInteger
    case float(Double)
    /// The first characters of so many.
    case text(String, count: Int)
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
    /// Not read because of its name.
    case redacted
    case unreadable

    package struct Entry: Hashable, Sendable {
        package let key: CPythonValue
        package let value: CPythonValue
    }
}

extension CPythonValue {
    /// `nil` where it is not known, or not shown.
    var typeName: String? {
        switch self {
        case .none: "NoneType"
        case .boolean: "bool"
        case .integer, .largeInteger: "int"
        case .float: "float"
        case .text: "str"
        case .bytes: "bytes"
        case .list: "list"
        case .tuple: "tuple"
        case .set: "set"
        case .dictionary: "dict"
        case .object(let type): type
        case .omitted, .redacted, .unreadable: nil
        }
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
        case .text(let text, let count):
            Self.quoted(text.unicodeScalars) + (count > text.unicodeScalars.count ? "…" : "")
        case .bytes(let bytes, let count):
            "b" + Self.quoted(bytes.map { Unicode.Scalar($0) }, isText: false) + (count > bytes.count ? "…" : "")
        case .list(let elements, let count): "[" + Self.text(elements, more: count - elements.count) + "]"
        case .tuple(let elements, let count):
            "(" + Self.text(elements, more: count - elements.count) + (count == 1 ? ",)" : ")")
        case .set(let elements, let hasMore):
            elements.isEmpty && !hasMore ? "set()" : "{" + Self.text(elements, hasMore: hasMore) + "}"
        case .dictionary(let entries, let hasMore):
            "{" + Self.text(entries.map { "\($0.key): \($0.value)" }, hasMore: hasMore) + "}"
        case .object(let type): "<\(type) object>"
        case .omitted: "…"
        case .redacted: "<redacted>"
        case .unreadable: "<unreadable>"
        }
    }

    private static func text(_ parts: [some CustomStringConvertible], more: Int) -> String {
        (parts.map(\.description) + (more > 0 ? ["… \(NumberText.grouped(more)) more"] : [])).joined(separator: ", ")
    }

    private static func text(_ parts: [some CustomStringConvertible], hasMore: Bool) -> String {
        (parts.map(\.description) + (hasMore ? ["…"] : [])).joined(separator: ", ")
    }

    /// In quotes, with escape sequences, as repr() gives it: whatever is between them is part of the text.
    private static func quoted(_ scalars: some Sequence<Unicode.Scalar>, isText: Bool = true) -> String {
        let scalars = Array(scalars)
        let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
        var result = String.UnicodeScalarView([quote])
        for scalar in scalars {
            if scalar == quote || scalar == "\\" {
                result.append(contentsOf: ["\\", scalar])
            } else if isText || scalar.isASCII, PrintableText.isPrintable(scalar) {
                result.append(scalar)
            } else {
                result.append(contentsOf: escape(of: scalar).unicodeScalars)
            }
        }
        result.append(quote)
        return String(result)
    }

    private static func escape(of scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default:
            let (prefix, width) =
                scalar.value < 0x100 ? ("\\x", 2) : scalar.value < 0x1_0000 ? ("\\u", 4) : ("\\U", 8)
            let digits = String(scalar.value, radix: 16)
            return prefix + String(repeating: "0", count: width - digits.count) + digits
        }
    }
}
