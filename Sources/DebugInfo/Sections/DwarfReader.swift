internal import ObjectFiles

/// Reads the numbers of DWARF from bytes of a section, one after the other; total.
struct DwarfReader {
    private let bytes: [UInt8]
    /// The name of the section, for errors.
    let section: String
    /// The offset of the first byte in the section.
    private let origin: UInt64
    private var position: Int
    private let end: Int
    /// Of the bytes, where no one else keeps them.
    private let reservation: MemoryReservation?

    /// - Parameters:
    ///   - origin: where in the section the bytes begin.
    ///   - position: where in the bytes reading begins.
    ///   - end: where it ends, at most; by default at the end of the bytes.
    init(
        _ bytes: [UInt8], of section: String, origin: UInt64 = 0, position: Int = 0, end: Int? = nil,
        _ reservation: MemoryReservation? = nil
    ) {
        self.bytes = bytes
        self.section = section
        self.origin = origin
        self.end = min(end ?? bytes.count, bytes.count)
        self.position = min(position, self.end)
        self.reservation = reservation
    }

    /// Where the next number is in the section.
    var offset: UInt64 { origin &+ UInt64(position) }
    var remaining: Int { end - position }

    var damage: DebugInfoError { .malformed(section: section, offset: offset) }

    func unsupported(_ value: UInt64) -> DebugInfoError { .unsupported(section: section, offset: offset, value: value) }

    mutating func skip(_ count: Int) throws(DebugInfoError) {
        guard count >= 0, count <= remaining else { throw damage }
        position += count
    }

    /// Goes on at an offset of the section, which the bytes have to contain.
    mutating func move(to offset: UInt64) throws(DebugInfoError) {
        guard offset >= origin, offset - origin <= UInt64(end) else { throw damage }
        position = Int(offset - origin)
    }

    mutating func byte() throws(DebugInfoError) -> UInt8 {
        guard position < end else { throw damage }
        defer { position += 1 }
        return bytes[position]
    }

    /// A number of up to eight bytes in little-endian order.
    mutating func number(size: Int) throws(DebugInfoError) -> UInt64 {
        guard size <= 8, size <= remaining else { throw damage }
        var value: UInt64 = 0
        for index in 0..<size { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
        position += size
        return value
    }

    /// An unsigned LEB128; what exceeds 64 bits is cut off.
    mutating func unsigned() throws(DebugInfoError) -> UInt64 {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while true {
            let next = try byte()
            if shift < 64 { value |= UInt64(next & 0x7f) << shift }
            if next < 0x80 { return value }
            shift += 7
        }
    }

    /// A signed LEB128.
    mutating func signed() throws(DebugInfoError) -> Int64 {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while true {
            let next = try byte()
            if shift < 64 { value |= UInt64(next & 0x7f) << shift }
            shift += 7
            guard next < 0x80 else { continue }
            if next & 0x40 != 0, shift < 64 { value |= UInt64.max << shift }
            return Int64(bitPattern: value)
        }
    }

    mutating func skipText() throws(DebugInfoError) {
        while try byte() != 0 {}
    }

    /// The length of a unit and whether its offsets have 8 bytes instead of 4 (DWARF 5, 7.4).
    mutating func unitLength() throws(DebugInfoError) -> (length: UInt64, offsetSize: Int) {
        let first = try number(size: 4)
        if first == 0xffff_ffff { return (try number(size: 8), 8) }
        guard first < 0xffff_fff0 else { throw unsupported(first) }
        return (first, 4)
    }
}
