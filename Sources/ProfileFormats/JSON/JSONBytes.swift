/// JSON text (RFC 8259) as it is written, without spaces.
struct JSONBytes {
    private(set) var bytes: [UInt8] = []

    mutating func null() { append("null") }

    mutating func number(_ value: some BinaryInteger) { append(String(value)) }

    mutating func number(_ value: (some BinaryInteger)?) {
        if let value { number(value) } else { null() }
    }

    mutating func string(_ text: String?) {
        guard let text else { return null() }
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<0x20: append("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func array<Items: Sequence>(_ items: Items, _ write: (inout Self, Items.Element) -> Void) {
        append("[")
        var isFirst = true
        for item in items {
            if !isFirst { append(",") }
            isFirst = false
            write(&self, item)
        }
        append("]")
    }

    /// An object whose members are on lines of their own.
    mutating func object(_ members: [(name: String, write: (inout Self) -> Void)], separator: String = "") {
        append("{" + separator)
        for (position, member) in members.enumerated() {
            if position > 0 { append("," + separator) }
            string(member.name)
            append(":")
            member.write(&self)
        }
        append(separator + "}")
    }

    mutating func append(_ text: String) { bytes += text.utf8 }
}
