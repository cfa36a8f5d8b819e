/// The fields of a protobuf message, one after another (protobuf.dev, "Encoding"), without those of the messages in it.
///
/// A file of millions of messages is so read one by one, each of them by SwiftProtobuf, with the place of what is wrong.
struct ProtobufFields {
    struct Field {
        let number: Int
        let content: Content
    }

    enum Content {
        case varint(UInt64)
        /// A message, a text or packed numbers.
        case bytes(Range<Int>)
        /// Four or eight bytes.
        case fixed
    }

    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next field; `nil` at the end.
    mutating func next() throws(ProfileReadingError) -> Field? {
        guard offset < bytes.count else { return nil }
        let start = offset
        let key = try varint()
        guard let number = Int(exactly: key >> 3), 1..<1 << 29 ~= number else {
            throw error("the key of a field is expected", start)
        }
        switch key & 7 {
        case 0: return Field(number: number, content: .varint(try varint()))
        case 1: try skip(8)
        case 5: try skip(4)
        case 2:
            let length = try varint()
            guard let count = Int(exactly: length), count <= bytes.count - offset else {
                throw error("a field is longer than the file", start)
            }
            offset += count
            return Field(number: number, content: .bytes(offset - count..<offset))
        default: throw error("the key of a field is expected", start)
        }
        return Field(number: number, content: .fixed)
    }

    private mutating func varint() throws(ProfileReadingError) -> UInt64 {
        let start = offset
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard offset < bytes.count else { throw error("the file ends in a number", start) }
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw error("a number has more than ten bytes", start)
    }

    private mutating func skip(_ count: Int) throws(ProfileReadingError) {
        guard count <= bytes.count - offset else { throw error("the file ends in a number", offset) }
        offset += count
    }

    private func error(_ text: String, _ position: Int) -> ProfileReadingError {
        ProfileReadingError(.malformed(text), in: .pprof, at: .byte(position))
    }
}
