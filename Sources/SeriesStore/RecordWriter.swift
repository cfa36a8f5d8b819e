/// Builds the compact records that the store keeps as blobs.
///
/// Numbers are LEB128 (DWARF 5, 7.6). Amounts of memory are whole pages as a rule, and take 3 bytes below 1 GiB.
struct RecordWriter {
    private var bytes: [UInt8] = []

    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// The record, ended by the seal for its row.
    func sealed(for row: RecordSeal) -> [UInt8] { bytes + row.seal(of: bytes[...]) }

    /// Pages as an even number, else a 1 and the bytes.
    mutating func amount(_ value: UInt64) {
        if value.isMultiple(of: 4096) {
            number((value >> 12) << 1)
        } else {
            number(1)
            number(value)
        }
    }

    /// Row numbers that ascend, as the steps between them.
    mutating func identifier(_ id: Int64, after previous: inout Int64) {
        number(UInt64(bitPattern: id &- previous))
        previous = id
    }
}

/// Reads what `RecordWriter` builds; total, whatever the bytes.
struct RecordReader {
    /// The record is not one that a `RecordWriter` built, or not for this row.
    struct Malformed: Error {}

    private let bytes: ArraySlice<UInt8>
    private var offset = 0

    /// Throws unless the record ends with the seal for its row.
    init(_ record: [UInt8], sealedFor row: RecordSeal) throws(Malformed) {
        guard Self.isSealed(record, for: row) else { throw Malformed() }
        bytes = record.dropLast(RecordSeal.size)
    }

    static func isSealed(_ record: [UInt8], for row: RecordSeal) -> Bool {
        record.suffix(RecordSeal.size).elementsEqual(row.seal(of: record.dropLast(RecordSeal.size)))
    }

    mutating func number() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            guard shift < 63 || (shift == 63 && byte <= 1) else { throw Malformed() }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw Malformed()
    }

    mutating func amount() throws(Malformed) -> UInt64 {
        let value = try number()
        if value == 1 { return try number() }
        guard value.isMultiple(of: 2), value >> 53 == 0 else { throw Malformed() }
        return value << 11
    }

    mutating func identifier(after previous: inout Int64) throws(Malformed) -> Int64 {
        previous = previous &+ Int64(bitPattern: try number())
        return previous
    }

    /// A number of elements, each of at least one byte, that the rest of the record has room for.
    mutating func count() throws(Malformed) -> Int {
        guard let count = Int(exactly: try number()), count <= bytes.count - offset else { throw Malformed() }
        return count
    }
}
