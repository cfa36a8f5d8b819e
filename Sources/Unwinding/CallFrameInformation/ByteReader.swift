/// Reads little-endian values from bytes in order, never past their end.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var offset: Int
    private let end: Int

    init(_ bytes: [UInt8], from offset: Int = 0, to end: Int? = nil) {
        self.bytes = bytes
        self.offset = min(max(offset, 0), bytes.count)
        self.end = min(end ?? bytes.count, bytes.count)
    }

    var isAtEnd: Bool { offset >= end }

    /// The bytes that have not been read.
    var remainder: [UInt8] { isAtEnd ? [] : Array(bytes[offset..<end]) }

    mutating func readUInt8() throws(CallFrameError) -> UInt8 {
        guard offset < end else { throw .endOfData }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// An unsigned number of `size` bytes, 1 to 8.
    mutating func readUnsigned(size: Int) throws(CallFrameError) -> UInt64 {
        guard size <= end - offset else { throw .endOfData }
        var value: UInt64 = 0
        for index in 0..<size { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        offset += size
        return value
    }

    /// A two's complement number of `size` bytes, sign-extended to a word.
    mutating func readSigned(size: Int) throws(CallFrameError) -> UInt64 {
        let value = try readUnsigned(size: size)
        let unused = UInt64(64 - 8 * size)
        return UInt64(bitPattern: Int64(bitPattern: value << unused) >> Int64(unused))
    }

    /// An unsigned LEB128 number (DWARF 5, section 7.6); bits above 64 are refused.
    mutating func readUnsignedLEB128() throws(CallFrameError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = try readUInt8()
            let payload = UInt64(byte & 0x7f)
            guard shift < 63 || payload <= 1 else { throw .numberTooLarge }
            value |= payload << shift
            if byte & 0x80 == 0 { return value }
        }
        throw .numberTooLarge
    }

    /// A signed LEB128 number (DWARF 5, section 7.6).
    mutating func readSignedLEB128() throws(CallFrameError) -> Int64 {
        var value: Int64 = 0
        for shift in stride(from: Int64(0), to: 70, by: 7) {
            let byte = try readUInt8()
            value |= Int64(byte & 0x7f) << shift
            guard byte & 0x80 != 0 else {
                let isNegative = byte & 0x40 != 0 && shift < 57
                return isNegative ? value | (-1 << (shift + 7)) : value
            }
        }
        throw .numberTooLarge
    }

    /// The bytes up to the next zero, which is consumed.
    mutating func readCString(limit: Int) throws(CallFrameError) -> [UInt8] {
        var text: [UInt8] = []
        while true {
            let byte = try readUInt8()
            if byte == 0 { return text }
            guard text.count < limit else { throw .numberTooLarge }
            text.append(byte)
        }
    }

    mutating func skip(_ count: UInt64) throws(CallFrameError) {
        guard count <= UInt64(max(end - offset, 0)) else { throw .endOfData }
        offset += Int(count)
    }
}
