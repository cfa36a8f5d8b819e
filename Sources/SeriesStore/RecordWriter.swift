import SystemSupport

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

    /// The record, ended by the checksum for its row.
    func checked(for row: RecordChecksum) -> [UInt8] { bytes + row.checksum(of: bytes[...]) }

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

    /// Throws unless the record ends with the checksum for its row.
    init(_ record: [UInt8], for row: RecordChecksum) throws(Malformed) {
        guard Self.isIntact(record, for: row) else { throw Malformed() }
        bytes = record.dropLast(RecordChecksum.size)
    }

    static func isIntact(_ record: [UInt8], for row: RecordChecksum) -> Bool {
        record.suffix(RecordChecksum.size).elementsEqual(row.checksum(of: record.dropLast(RecordChecksum.size)))
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

/// A check over a record and over the other columns of its row: SQLite itself doesn't see a changed byte in a value.
///
/// FNV-1a, folded to 32 bits, little endian, as the record's last bytes.
struct RecordChecksum {
    static let size = 4

    /// Of the other columns.
    private var hash = FNV1a()

    init(time: StoreTime, epoch: Int64, wall: Double, monotonic: Double = 0) {
        hash.combine(UInt64(bitPattern: time.milliseconds))
        hash.combine(UInt64(bitPattern: epoch))
        hash.combine(wall.bitPattern)
        hash.combine(monotonic.bitPattern)
    }

    func checksum(of content: ArraySlice<UInt8>) -> [UInt8] {
        var hash = hash
        hash.combine(content)
        return [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: hash.folded >> $0) }
    }
}
