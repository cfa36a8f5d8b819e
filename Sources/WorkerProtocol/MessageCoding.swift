/// Why a message can't be understood: its sender may be in the hands of a target.
package enum MessageError: Error, Hashable, Sendable {
    /// It ends before the field at this offset does.
    case truncated(at: Int)
    /// A value that the field at this offset can't have.
    case invalid(field: String, at: Int)
    /// A count or a length above what is accepted.
    case tooLong(field: String, count: UInt64)
    /// Bytes after the last field.
    case trailingBytes(count: Int)
}

/// Lays out a message: integers in little-endian order, strings and lists after their counts.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put<Value: FixedWidthInteger>(_ value: Value) {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    mutating func put(_ flag: Bool) { put(flag ? UInt8(1) : 0) }

    mutating func put(_ content: [UInt8]) {
        put(UInt32(clamping: content.count))
        bytes += content
    }

    mutating func put(_ text: String) { put(Array(text.utf8)) }

    mutating func put(_ text: String?) {
        put(text != nil)
        if let text { put(text) }
    }

    mutating func put(_ integer: UInt32?) {
        put(integer != nil)
        if let integer { put(integer) }
    }

    mutating func list<Element>(_ elements: [Element], _ body: (inout MessageWriter, Element) -> Void) {
        put(UInt32(clamping: elements.count))
        for element in elements { body(&self, element) }
    }
}

/// Reads a message; total: any bytes give a value or an error, and no count makes it reserve more than there is.
struct MessageReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(MessageError) -> Value {
        let size = MemoryLayout<Value>.size
        guard bytes.count - offset >= size else { throw .truncated(at: offset) }
        let value = unsafe bytes.withUnsafeBytes { memory in
            // Safe: the guard left `size` bytes after `offset`, and every bit pattern is an integer.
            unsafe Value(littleEndian: memory.loadUnaligned(fromByteOffset: offset, as: Value.self))
        }
        offset += size
        return value
    }

    mutating func flag(_ field: String) throws(MessageError) -> Bool {
        switch try integer(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw .invalid(field: field, at: offset - 1)
        }
    }

    mutating func content(_ field: String, limit: Int) throws(MessageError) -> [UInt8] {
        let count = try count(field, limit: limit, size: 1)
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    /// Bytes that are not UTF-8 are replaced.
    mutating func text(_ field: String, limit: Int) throws(MessageError) -> String {
        String(decoding: try content(field, limit: limit), as: UTF8.self)
    }

    mutating func optionalText(_ field: String, limit: Int) throws(MessageError) -> String? {
        try flag(field) ? try text(field, limit: limit) : nil
    }

    mutating func optionalInteger(_ field: String) throws(MessageError) -> UInt32? {
        try flag(field) ? try integer(UInt32.self) : nil
    }

    /// - Parameter size: the least number of bytes that an element takes.
    mutating func list<Element>(
        _ field: String, limit: Int, size: Int, _ element: (inout MessageReader) throws(MessageError) -> Element
    ) throws(MessageError) -> [Element] {
        let count = try count(field, limit: limit, size: size)
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try element(&self)) }
        return elements
    }

    private mutating func count(_ field: String, limit: Int, size: Int) throws(MessageError) -> Int {
        let count = Int(try integer(UInt32.self))
        guard count <= limit else { throw .tooLong(field: field, count: UInt64(count)) }
        guard count <= (bytes.count - offset) / size else { throw .truncated(at: offset) }
        return count
    }

    func invalid(_ field: String) -> MessageError { .invalid(field: field, at: offset) }

    /// To be called after the last field.
    func end() throws(MessageError) {
        guard offset == bytes.count else { throw .trailingBytes(count: bytes.count - offset) }
    }
}
